// What is still seen after, and while, a machine teaches the agent the wrong thing: limits stated as numbers, at a
// fixed seed. bench/detection/poison.cpp prints the whole tables.

#include "tests/support/poisoning.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::tests::LongFault;
using epsilond::tests::Ramp;
using epsilond::tests::Sighting;
using epsilond::tests::WatchedHostSettings;

namespace {

constexpr long kHourS = 3600;
constexpr long kDayS = 24 * kHourS;
constexpr WatchedHostSettings kEverySecond{.seed = 1, .interval_s = 1};
constexpr WatchedHostSettings kEveryTenSeconds{.seed = 1, .interval_s = 10};
constexpr WatchedHostSettings kTwiceAMinute{.seed = 1, .interval_s = 30};

// Seen in the first two samples, and by its name.
void assert_seen_at_once(const Sighting& sighting, long interval_s) {
  assert_true(sighting.seen);
  assert_in_range(sighting.delay_s, 1, 2 * interval_s);
  assert_true(sighting.named);
}

void a_fault_in_the_warm_up_does_not_hide_one_five_times_its_size_just_after(void**) {
  assert_seen_at_once(fault_after_poisoned_warm_up(kEverySecond, 10.0, kHourS / 3, 50.0), 1);
}

void a_fault_in_the_warm_up_does_not_hide_one_twice_its_size_after_six_hours(void**) {
  assert_seen_at_once(fault_after_poisoned_warm_up(kEverySecond, 10.0, 6 * kHourS, 20.0), 1);
}

void a_fault_of_six_hours_hides_neither_another_nor_itself_on_the_next_day(void**) {
  const LongFault found = six_hour_fault(kEveryTenSeconds, 7 * kDayS, 50.0);
  assert_seen_at_once(found.onset, 10);
  assert_true(found.inside_told);
  assert_true(found.inside_leads >= 0.9);
  assert_int_equal(found.learned_after_s, -1);
  assert_int_equal(found.raised_after, 0);
  assert_seen_at_once(found.next_day, 10);
}

// 200 sd an hour is 8 GB: a leak that ends the machine in three quarters of an hour.
void a_leak_that_ends_the_machine_within_the_hour_is_raised_before_it_has_a_gigabyte(void**) {
  const Ramp found = slow_ramp(kEveryTenSeconds, kDayS, 200.0, kHourS);
  assert_true(found.seen);
  assert_true(found.reached_sd * epsilond::tests::kMemorySdBytes < 1e9);
}

void a_fault_that_comes_back_every_six_hours_is_seen_all_ten_times(void**) {
  const auto found = repeated_fault(kTwiceAMinute, 50.0, false);
  for (const Sighting& sighting : found) assert_seen_at_once(sighting, 30);
}

void a_fault_that_comes_back_at_random_is_seen_all_ten_times(void**) {
  const auto found = repeated_fault(kTwiceAMinute, 50.0, true);
  for (const Sighting& sighting : found) assert_seen_at_once(sighting, 30);
}

// A machine that was quiet for two weeks knows best that it never did this.
void a_backup_pages_on_three_nights_at_most(void**) {
  constexpr WatchedHostSettings kEveryMinute{.seed = 1, .interval_s = 60};
  constexpr std::size_t kNights = 10;
  for (const long first_night : {0L, 1L, 14L}) {
    const auto found = nightly_backup(kEveryMinute, {}, first_night, kNights);
    std::size_t raised = 0;
    std::size_t last = 0;
    for (std::size_t night = 0; night < kNights; ++night) {
      if (!found.raised[night]) continue;
      ++raised;
      last = night;
    }
    assert_in_range(raised, 1, 3);
    assert_true(last <= 3);
  }
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(a_fault_in_the_warm_up_does_not_hide_one_five_times_its_size_just_after),
    cmocka_unit_test(a_fault_in_the_warm_up_does_not_hide_one_twice_its_size_after_six_hours),
    cmocka_unit_test(a_fault_of_six_hours_hides_neither_another_nor_itself_on_the_next_day),
    cmocka_unit_test(a_leak_that_ends_the_machine_within_the_hour_is_raised_before_it_has_a_gigabyte),
    cmocka_unit_test(a_fault_that_comes_back_every_six_hours_is_seen_all_ten_times),
    cmocka_unit_test(a_fault_that_comes_back_at_random_is_seen_all_ten_times),
    cmocka_unit_test(a_backup_pages_on_three_nights_at_most),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
