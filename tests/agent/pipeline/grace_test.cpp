#include "agent/pipeline/grace.h"

#include <limits>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Continuity;
using epsilond::agent::Grace;
using epsilond::agent::Passage;
using std::chrono::seconds;

namespace {

constexpr double kLength = 120.0;
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A machine of which the test moves the clocks.
struct Clocks {
  explicit Clocks(double interval_s) : continuity(interval_s) { pass(interval_s); }

  // Seconds that each of them moves on by until the next sample.
  Passage pass(double monotonic_s, double wall_s, double boot_s) {
    wall += std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(wall_s));
    boot += std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(boot_s));
    return continuity.advance(monotonic_s, wall, boot);
  }
  Passage pass(double all_s) { return pass(all_s, all_s, all_s); }

  Continuity continuity;
  std::chrono::nanoseconds wall = seconds(1795305600);
  std::chrono::nanoseconds boot = seconds(5000);
};

void ordinary_samples_are_no_break(void**) {
  Clocks clocks(1.0);
  for (int i = 0; i < 1000; ++i) {
    const Passage passage = clocks.pass(1.0);
    assert_false(passage.broken);
    assert_near(passage.passed_s, 1.0, 1e-6, 0);
  }
}

void a_few_missing_rows_are_no_break(void**) {
  Clocks seconds_apart(1.0);
  assert_false(seconds_apart.pass(60.0).broken);  // many intervals, but only a minute
  Clocks minutes_apart(60.0);
  assert_false(minutes_apart.pass(600.0).broken);  // ten minutes, but only ten intervals
}

void a_gap_longer_than_a_minute_and_ten_intervals_is_a_break(void**) {
  Clocks seconds_apart(1.0);
  assert_true(seconds_apart.pass(61.0).broken);
  assert_false(seconds_apart.pass(1.0).broken);
  Clocks minutes_apart(60.0);
  assert_true(minutes_apart.pass(660.0).broken);
}

void a_sleep_that_only_the_boot_clock_saw_is_a_break_and_counts_as_passed(void**) {
  Clocks clocks(1.0);
  const Passage passage = clocks.pass(1.0, 3601.0, 3601.0);
  assert_true(passage.broken);
  assert_near(passage.passed_s, 3601.0, 1e-6, 0);
}

void a_short_sleep_is_no_break(void**) {
  Clocks clocks(1.0);
  assert_false(clocks.pass(1.0, 31.0, 31.0).broken);
}

void a_wall_clock_set_either_way_is_a_break_in_which_no_time_passed(void**) {
  for (const double step_s : {3600.0, -3600.0}) {
    Clocks clocks(1.0);
    const Passage passage = clocks.pass(1.0, 1.0 + step_s, 1.0);
    assert_true(passage.broken);
    assert_near(passage.passed_s, 1.0, 1e-6, 0);
    assert_false(clocks.pass(1.0).broken);
  }
}

void a_wall_clock_set_right_by_a_little_is_no_break(void**) {
  Clocks clocks(1.0);
  assert_false(clocks.pass(1.0, 31.0, 1.0).broken);
}

void the_first_sample_is_no_break_whatever_the_clocks_say(void**) {
  Continuity continuity(1.0);
  assert_false(continuity.advance(1.0, seconds(1795305600), seconds(5000)).broken);
}

void without_a_boot_clock_only_a_gap_is_a_break(void**) {
  Continuity continuity(1.0);
  continuity.advance(1.0, seconds(100), {});
  assert_false(continuity.advance(1.0, seconds(101), {}).broken);
  assert_true(continuity.advance(3600.0, seconds(3701), {}).broken);
  assert_false(continuity.advance(1.0, seconds(50), {}).broken);  // the next file
}

void time_that_is_not_a_number_or_goes_back_counts_as_none(void**) {
  for (const double elapsed_s : {kNotANumber, -5.0, kInfinity}) {
    Continuity continuity(1.0);
    continuity.advance(1.0, seconds(100), seconds(100));
    const Passage passage = continuity.advance(elapsed_s, seconds(100), seconds(100));
    assert_false(passage.broken);
    assert_near(passage.passed_s, 0.0, 0, 0);
  }
}

constexpr Passage kSecond{1.0, false};

// Samples, one a second, until one is not in the grace.
int seconds_in(Grace& grace) {
  int count = 0;
  while (count < 10000 && grace.advance(kSecond)) ++count;
  return count;
}

void without_a_break_there_is_no_grace(void**) {
  Grace grace(kLength);
  assert_int_equal(seconds_in(grace), 0);
  assert_false(grace.active());
}

void a_break_begins_a_grace_with_the_sample_that_ends_it(void**) {
  Grace grace(kLength);
  assert_true(grace.advance({3600.0, true}));
  assert_true(grace.active());
  assert_int_equal(seconds_in(grace), 119);
  assert_false(grace.active());
}

void a_boot_begins_a_grace_with_the_next_sample(void**) {
  Grace grace(kLength);
  grace.begin();
  assert_true(grace.active());
  assert_int_equal(seconds_in(grace), 119);
}

void samples_longer_than_the_grace_have_only_the_first_in_it(void**) {
  Grace grace(kLength);
  assert_true(grace.advance({36000.0, true}));
  assert_false(grace.advance({300.0, false}));
}

void a_grace_of_no_length_is_none(void**) {
  Grace grace(0.0);
  assert_false(grace.advance({3600.0, true}));
  grace.begin();
  assert_false(grace.active());
  assert_false(grace.advance(kSecond));
}

void breaks_one_after_the_other_do_not_shield_for_ever(void**) {
  Grace grace(kLength);
  int judged = 0;
  // Ten samples a second apart, then a gap of 90 s, again and again: 100 s a round.
  for (int round = 0; round < 120; ++round) {
    grace.advance({90.0, true});
    for (int i = 0; i < 10; ++i) judged += grace.advance(kSecond) ? 0 : 1;
  }
  // A grace begins with every third break, 300 s apart; it covers that round and the next.
  assert_int_equal(judged, 400);
}

void a_break_soon_after_a_grace_still_spares_its_own_sample(void**) {
  Grace grace(kLength);
  grace.advance({3600.0, true});
  seconds_in(grace);
  assert_true(grace.advance({70.0, true}));
  assert_false(grace.advance(kSecond));
}

void a_long_sleep_within_a_grace_begins_another(void**) {
  Grace grace(kLength);
  grace.advance({3600.0, true});
  grace.advance(kSecond);
  assert_true(grace.advance({30000.0, true}));
  assert_int_equal(seconds_in(grace), 119);
}

void what_is_left_is_taken_over_but_never_more_than_a_whole_grace(void**) {
  Grace before(kLength);
  before.advance({3600.0, true});
  before.advance({100.0, false});
  Grace same(kLength);
  same.take_over(before);
  assert_true(same.active());
  assert_int_equal(seconds_in(same), 19);
  Grace shorter(10.0);
  shorter.take_over(before);
  assert_int_equal(seconds_in(shorter), 9);
  Grace none(0.0);
  none.take_over(before);
  assert_false(none.active());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(ordinary_samples_are_no_break),
    cmocka_unit_test(a_few_missing_rows_are_no_break),
    cmocka_unit_test(a_gap_longer_than_a_minute_and_ten_intervals_is_a_break),
    cmocka_unit_test(a_sleep_that_only_the_boot_clock_saw_is_a_break_and_counts_as_passed),
    cmocka_unit_test(a_short_sleep_is_no_break),
    cmocka_unit_test(a_wall_clock_set_either_way_is_a_break_in_which_no_time_passed),
    cmocka_unit_test(a_wall_clock_set_right_by_a_little_is_no_break),
    cmocka_unit_test(the_first_sample_is_no_break_whatever_the_clocks_say),
    cmocka_unit_test(without_a_boot_clock_only_a_gap_is_a_break),
    cmocka_unit_test(time_that_is_not_a_number_or_goes_back_counts_as_none),
    cmocka_unit_test(without_a_break_there_is_no_grace),
    cmocka_unit_test(a_break_begins_a_grace_with_the_sample_that_ends_it),
    cmocka_unit_test(a_boot_begins_a_grace_with_the_next_sample),
    cmocka_unit_test(samples_longer_than_the_grace_have_only_the_first_in_it),
    cmocka_unit_test(a_grace_of_no_length_is_none),
    cmocka_unit_test(breaks_one_after_the_other_do_not_shield_for_ever),
    cmocka_unit_test(a_break_soon_after_a_grace_still_spares_its_own_sample),
    cmocka_unit_test(a_long_sleep_within_a_grace_begins_another),
    cmocka_unit_test(what_is_left_is_taken_over_but_never_more_than_a_whole_grace),
};
EPSILOND_TEST_MAIN(kTests)
