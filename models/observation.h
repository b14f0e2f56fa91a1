#pragma once
// One row of readings as the models see it: values, which of them are present, and when.

#include <Eigen/Core>
#include <bitset>
#include <cmath>
#include <cstddef>

namespace epsilond::models {

inline constexpr std::size_t kMaxFeatures = 64;

// A column vector of at most kMaxFeatures doubles; its storage is inside the object, so it never allocates.
using FeatureVector = Eigen::Matrix<double, Eigen::Dynamic, 1, Eigen::ColMajor, static_cast<int>(kMaxFeatures), 1>;
using PresenceMask = std::bitset<kMaxFeatures>;

// Nothing that is counted or measured is larger, and its square can still be learned: what is beyond is no reading, as
// little as what is not finite.
inline constexpr double kLargestReading = 1e30;
inline bool is_reading(double value) { return std::fabs(value) <= kLargestReading; }

// `values[i]` counts only where `present[i]`; an absent value is not zero, and models skip it.
struct Observation {
  FeatureVector values;
  PresenceMask present;
  double elapsed_s = 0.0;     // measured monotonic seconds since the previous observation; > 0
  double local_time_s = 0.0;  // seconds since 1970-01-01 00:00 on the local wall clock (Unix time plus UTC offset)
};

}  // namespace epsilond::models
