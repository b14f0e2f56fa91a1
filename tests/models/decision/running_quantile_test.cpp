#include "models/decision/running_quantile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::RunningQuantile;
using epsilond::tests::Rng;

namespace {

// The share of 20,000 values that lies below the running estimate of their quantile.
double share_below(double quantile, bool heavy_tailed, std::uint64_t seed) {
  static std::array<double, 20000> values;
  Rng rng(seed);
  RunningQuantile running(quantile);
  for (double& value : values) {
    value = heavy_tailed ? -std::exp(1.5 * rng.normal()) : rng.normal();
    running.add(value);
  }
  const auto below = std::count_if(values.begin(), values.end(), [&](double v) { return v < running.value(); });
  return static_cast<double>(below) / static_cast<double>(values.size());
}

void nothing_added_is_zero(void**) { assert_near(RunningQuantile(0.5).value(), 0.0, 0, 0); }

void up_to_five_values_are_exact(void**) {
  RunningQuantile median(0.5);
  for (const double value : {9.0, 1.0, 5.0, 2.0}) median.add(value);
  assert_near(median.value(), 3.5, 1e-12, 0);
}

// The example of Jain and Chlamtac (1985), table I: the estimate of the median after 20 observations is 4.44.
void the_example_of_the_paper_is_reproduced(void**) {
  RunningQuantile median(0.5);
  for (const double value : {0.02,  0.15,  0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92,
                             34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27,  0.42,  0.09,  11.37})
    median.add(value);
  assert_near(median.value(), 4.44, 0.005, 0);
}

void the_wanted_share_of_a_long_stream_lies_below(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const double quantile : {0.5, 0.1, 0.01, 0.001})
    for (const bool heavy_tailed : {false, true})
      assert_near(share_below(quantile, heavy_tailed, seed), quantile, 4e-4, 0.15);
}

void non_finite_values_are_ignored(void**) {
  RunningQuantile median(0.5);
  median.add(3.0);
  median.add(std::numeric_limits<double>::quiet_NaN());
  median.add(std::numeric_limits<double>::infinity());
  assert_int_equal(median.count(), 1);
  assert_near(median.value(), 3.0, 0, 0);
}

void reset_forgets(void**) {
  RunningQuantile median(0.5);
  for (int i = 0; i < 50; ++i) median.add(100.0 + i);
  median.reset();
  for (int i = 1; i <= 9; ++i) median.add(i);
  assert_near(median.value(), 5.0, 1e-9, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(nothing_added_is_zero),
    cmocka_unit_test(up_to_five_values_are_exact),
    cmocka_unit_test(the_example_of_the_paper_is_reproduced),
    cmocka_unit_test(the_wanted_share_of_a_long_stream_lies_below),
    cmocka_unit_test(non_finite_values_are_ignored),
    cmocka_unit_test(reset_forgets),
};
EPSILOND_TEST_MAIN(kTests)
