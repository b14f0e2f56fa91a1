#include "models/baseline/running_moments.h"

#include <cmath>

#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::forgetting_gain;
using epsilond::models::ForgettingMoments;
using epsilond::models::forgotten_share;
using epsilond::models::RunningMoments;

namespace {

struct Worst {
  double mean_error = 0.0;
  double variance_error = 0.0;
};

Worst worst_against_numpy() {
  Worst worst;
  RunningMoments moments;
  for (const std::vector<double>& row : epsilond::tests::read_golden("moments.csv")) {
    moments.add(row[0]);
    worst.mean_error = std::fmax(worst.mean_error, std::fabs(moments.mean() - row[1]));
    worst.variance_error = std::fmax(worst.variance_error, std::fabs(moments.variance() - row[2]));
  }
  return worst;
}

void nothing_added_means_zero(void**) {
  assert_near(RunningMoments().mean(), 0.0, 0, 0);
  assert_near(RunningMoments().variance(), 0.0, 0, 0);
}

void huge_values_with_a_tiny_spread_keep_their_variance(void**) {
  const Worst worst = worst_against_numpy();
  // A double near 8e12 has steps of 0.001, so that is how well the mean itself can be written down.
  assert_near(worst.mean_error, 0.0, 0.001, 0);
  assert_near(worst.variance_error, 0.0, 1e-12, 0);
}

void equal_values_have_no_variance_at_all(void**) {
  RunningMoments moments;
  for (int i = 0; i < 1000; ++i) moments.add(0.1);
  assert_true(moments.variance() == 0.0);
}

void add_then_remove_returns_to_the_start(void**) {
  RunningMoments moments;
  for (const double value : {3.0, 5.0, 8.0}) moments.add(value);
  moments.add(17.0);
  moments.remove(17.0);
  assert_int_equal(moments.count(), 3);
  assert_near(moments.mean(), 16.0 / 3.0, 1e-13, 0);
  assert_near(moments.variance(), 38.0 / 9.0, 1e-12, 0);
}

void removing_the_last_value_leaves_nothing(void**) {
  RunningMoments moments;
  moments.add(5.0);
  moments.remove(5.0);
  assert_int_equal(moments.count(), 0);
  assert_near(moments.mean(), 0.0, 0, 0);
}

void a_young_average_is_a_plain_mean(void**) {
  ForgettingMoments moments;
  RunningMoments plain;
  for (const double value : {1.0, 4.0, -3.0, 12.0, 0.5}) {
    moments.add(value, forgotten_share(1.0, 1e9));
    plain.add(value);
  }
  assert_near(moments.mean, plain.mean(), 1e-12, 0);
  assert_near(moments.variance, plain.variance(), 1e-12, 0);
}

void half_a_half_life_twice_is_one_half_life(void**) {
  const double once = forgotten_share(10.0, 10.0);
  const double half = forgotten_share(5.0, 10.0);
  assert_near(once, 0.5, 1e-12, 0);
  assert_near((1.0 - half) * (1.0 - half), 1.0 - once, 1e-12, 0);
}

void short_and_long_times_take_the_share_of_the_formula(void**) {
  // Each of the product, the quotient and the series or the function rounds once or twice: a few units in the last place.
  for (const std::vector<double>& row : epsilond::tests::read_golden("forgotten_share.csv"))
    assert_near(forgotten_share(7.0 * row[0], 7.0), row[1], 0, 1e-15);
}

void the_gain_is_never_below_an_equal_share(void**) {
  assert_near(forgetting_gain(1e-12, 0.0), 1.0, 0, 0);
  assert_near(forgetting_gain(1e-12, 9.0), 0.1, 1e-15, 0);
}

void an_old_level_is_forgotten_by_elapsed_time(void**) {
  ForgettingMoments moments;
  for (int i = 0; i < 1000; ++i) moments.add(0.0, forgotten_share(1.0, 10.0));
  for (int i = 0; i < 10; ++i) moments.add(1.0, forgotten_share(1.0, 10.0));
  assert_near(moments.mean, 0.5, 1e-9, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(nothing_added_means_zero),
    cmocka_unit_test(huge_values_with_a_tiny_spread_keep_their_variance),
    cmocka_unit_test(equal_values_have_no_variance_at_all),
    cmocka_unit_test(add_then_remove_returns_to_the_start),
    cmocka_unit_test(removing_the_last_value_leaves_nothing),
    cmocka_unit_test(a_young_average_is_a_plain_mean),
    cmocka_unit_test(half_a_half_life_twice_is_one_half_life),
    cmocka_unit_test(short_and_long_times_take_the_share_of_the_formula),
    cmocka_unit_test(the_gain_is_never_below_an_equal_share),
    cmocka_unit_test(an_old_level_is_forgotten_by_elapsed_time),
};
EPSILOND_TEST_MAIN(kTests)
