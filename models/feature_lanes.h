#pragma once
// A few features side by side, for arithmetic that is the same for each of them: one instruction takes all lanes at
// once (models/lanes.h).

#include <array>
#include <cstddef>
#include <cstdint>

#include "models/lanes.h"
#include "models/observation.h"

namespace epsilond::models {

using FeatureLanes = DoubleLanes;
inline constexpr std::size_t kFeatureLanes = FeatureLanes::kLanes;
static_assert(kMaxFeatures % kFeatureLanes == 0);

// One number per feature, with room for whole groups of lanes.
using PerFeature = std::array<double, kMaxFeatures>;

// The lanes that begin with feature `first`.
inline FeatureLanes lanes_of(const PerFeature& values, std::size_t first) {
  return FeatureLanes::at(values.data() + first);
}
inline void put_lanes(const FeatureLanes& lanes, PerFeature& values, std::size_t first) {
  lanes.put(values.data() + first);
}

// Are all lanes that begin with feature `first` set in `mask`, whose bit i is feature i?
inline bool holds_lanes(std::uint64_t mask, std::size_t first) {
  constexpr std::uint64_t kAll = (std::uint64_t{1} << kFeatureLanes) - 1;
  return (mask >> first & kAll) == kAll;
}

// 1 where the lane is set in `mask`, 0 where it is not.
[[gnu::always_inline]] inline FeatureLanes lanes_in(std::uint64_t mask, std::size_t first) {
  if (holds_lanes(mask, first)) return 1.0;
  FeatureLanes lanes = 0.0;
  for (std::size_t k = 0; k < kFeatureLanes; ++k) lanes.set(k, static_cast<double>(mask >> (first + k) & 1));
  return lanes;
}

}  // namespace epsilond::models
