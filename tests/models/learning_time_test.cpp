#include "models/learning_time.h"

#include <limits>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::counted_elapsed_s;
using epsilond::models::held_half_life_s;
using epsilond::models::is_gap;
using epsilond::models::kOfLateGain;
using epsilond::models::rows_are_dense;
using epsilond::models::tail_memory;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void more_than_ten_intervals_are_a_gap_and_ten_are_none(void**) {
  assert_false(is_gap(20.0, 2.0));
  assert_true(is_gap(20.001, 2.0));
}

void rows_are_dense_below_ten_seconds(void**) {
  assert_true(rows_are_dense(9.999));
  assert_false(rows_are_dense(10.0));
}

void a_sample_stands_for_what_was_measured_but_a_gap_for_ten_intervals(void**) {
  assert_near(counted_elapsed_s(1.5, 2.0), 1.5, 0, 0);
  assert_near(counted_elapsed_s(20.0, 2.0), 20.0, 0, 0);
  assert_near(counted_elapsed_s(3600.0, 2.0), 20.0, 0, 0);
}

void a_time_that_cannot_be_counts_as_an_interval(void**) {
  for (const double elapsed_s : {0.0, -1.0, kInfinity, -kInfinity, kNaN})
    assert_near(counted_elapsed_s(elapsed_s, 2.0), 2.0, 0, 0);
}

void what_is_held_fades_in_ten_minutes_or_sixty_intervals(void**) {
  assert_near(held_half_life_s(1.0), 600.0, 0, 0);
  assert_near(held_half_life_s(10.0), 600.0, 0, 0);
  assert_near(held_half_life_s(300.0), 18000.0, 0, 0);
}

void a_tail_remembers_28_days_within_its_bounds(void**) {
  assert_near(tail_memory(10.0), 241920.0, 0, 0);
  assert_near(tail_memory(0.1), 4194304.0, 0, 0);
  assert_near(tail_memory(3600.0), 4096.0, 0, 0);
}

void what_was_of_late_has_half_its_weight_after_two_rows(void**) {
  assert_near((1.0 - kOfLateGain) * (1.0 - kOfLateGain), 0.5, 1e-15, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(more_than_ten_intervals_are_a_gap_and_ten_are_none),
    cmocka_unit_test(rows_are_dense_below_ten_seconds),
    cmocka_unit_test(a_sample_stands_for_what_was_measured_but_a_gap_for_ten_intervals),
    cmocka_unit_test(a_time_that_cannot_be_counts_as_an_interval),
    cmocka_unit_test(what_is_held_fades_in_ten_minutes_or_sixty_intervals),
    cmocka_unit_test(a_tail_remembers_28_days_within_its_bounds),
    cmocka_unit_test(what_was_of_late_has_half_its_weight_after_two_rows),
};
EPSILOND_TEST_MAIN(kTests)
