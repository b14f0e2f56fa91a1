#pragma once
// A few features side by side, for arithmetic that is the same for each of them: Eigen turns it into instructions that
// take all lanes at once.

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>

#include "models/observation.h"

namespace epsilond::models {

inline constexpr std::size_t kFeatureLanes = 2;
using FeatureLanes = Eigen::Array<double, static_cast<int>(kFeatureLanes), 1>;
static_assert(kMaxFeatures % kFeatureLanes == 0);

// One number per feature, with room for whole groups of lanes.
using PerFeature = std::array<double, kMaxFeatures>;

// The lanes that begin with feature `first`.
[[gnu::always_inline]] inline FeatureLanes lanes_of(const PerFeature& values, std::size_t first) {
  return Eigen::Map<const FeatureLanes>(values.data() + first);
}
[[gnu::always_inline]] inline void put_lanes(const FeatureLanes& lanes, double* first) {
  Eigen::Map<FeatureLanes>{first} = lanes;
}
[[gnu::always_inline]] inline void put_lanes(const FeatureLanes& lanes, PerFeature& values,
                                             std::size_t first) {
  put_lanes(lanes, values.data() + first);
}

// Are all lanes that begin with feature `first` set in `mask`, whose bit i is feature i?
inline bool holds_lanes(std::uint64_t mask, std::size_t first) {
  constexpr std::uint64_t kAll = (std::uint64_t{1} << kFeatureLanes) - 1;
  return (mask >> first & kAll) == kAll;
}

// 1 where the lane is set in `mask`, 0 where it is not.
[[gnu::always_inline]] inline FeatureLanes lanes_in(std::uint64_t mask, std::size_t first) {
  if (holds_lanes(mask, first)) return FeatureLanes::Ones();
  FeatureLanes lanes;
  for (std::size_t k = 0; k < kFeatureLanes; ++k) lanes.data()[k] = static_cast<double>(mask >> (first + k) & 1);
  return lanes;
}

}  // namespace epsilond::models
