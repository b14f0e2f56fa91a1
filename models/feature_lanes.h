#pragma once
// A few features side by side, for arithmetic that is the same for each of them: Eigen turns it into instructions that
// take all lanes at once.

#include <Eigen/Core>
#include <array>
#include <cstddef>

#include "models/observation.h"

namespace epsilond::models {

inline constexpr std::size_t kFeatureLanes = 2;
using FeatureLanes = Eigen::Array<double, static_cast<int>(kFeatureLanes), 1>;
static_assert(kMaxFeatures % kFeatureLanes == 0);

// One number per feature, with room for whole groups of lanes.
using PerFeature = std::array<double, kMaxFeatures>;

// The lanes that begin with feature `first`.
inline FeatureLanes lanes_of(const PerFeature& values, std::size_t first) {
  return Eigen::Map<const FeatureLanes>(values.data() + first);
}
inline void put_lanes(const FeatureLanes& lanes, double* first) { Eigen::Map<FeatureLanes>{first} = lanes; }
inline void put_lanes(const FeatureLanes& lanes, PerFeature& values, std::size_t first) {
  put_lanes(lanes, values.data() + first);
}

}  // namespace epsilond::models
