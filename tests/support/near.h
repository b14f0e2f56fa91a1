#pragma once
// Comparison of doubles, in double precision (CMocka's assert_float_equal compares in single precision).
// Include after cmocka_cpp.h.

#include <cmath>

namespace epsilond::tests {

inline bool near(double actual, double expected, double absolute, double relative) {
  if (std::isnan(actual) || std::isnan(expected)) return std::isnan(actual) && std::isnan(expected);
  if (actual == expected) return true;
  return std::fabs(actual - expected) <= absolute + relative * std::fabs(expected);
}

}  // namespace epsilond::tests

#define assert_near(actual, expected, absolute, relative)                                                       \
  do {                                                                                                          \
    const double epsilond_actual = (actual);                                                                    \
    const double epsilond_expected = (expected);                                                                \
    if (!epsilond::tests::near(epsilond_actual, epsilond_expected, (absolute), (relative)))                     \
      fail_msg("%s = %.17g, expected %.17g (absolute %g, relative %g)", #actual, epsilond_actual,               \
               epsilond_expected, static_cast<double>(absolute), static_cast<double>(relative));                \
  } while (false)
