#pragma once
// A few features side by side, for arithmetic that is the same for each of them: Eigen turns it into instructions that
// take all lanes at once.

#include <Eigen/Core>
#include <array>
#include <cstddef>

#include "models/observation.h"

namespace epsilond::models {

inline constexpr std::size_t kLanes = 2;
using Lanes = Eigen::Array<double, static_cast<int>(kLanes), 1>;
static_assert(kMaxFeatures % kLanes == 0);

// One number per feature, with room for whole groups of lanes.
using PerFeature = std::array<double, kMaxFeatures>;

// The lanes that begin with feature `first`.
inline Lanes lanes_of(const PerFeature& values, std::size_t first) {
  return Eigen::Map<const Lanes>(values.data() + first);
}
inline void put_lanes(const Lanes& lanes, double* first) { Eigen::Map<Lanes>{first} = lanes; }
inline void put_lanes(const Lanes& lanes, PerFeature& values, std::size_t first) {
  put_lanes(lanes, values.data() + first);
}

}  // namespace epsilond::models
