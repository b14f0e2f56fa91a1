#include "platform/host/tick_schedule.h"

#include <chrono>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::TickSchedule;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr nanoseconds kSecond = seconds(1);

TickSchedule begun(nanoseconds now) {
  TickSchedule ticks;
  ticks.begin(kSecond, now);
  return ticks;
}

void ticks_are_on_whole_multiples(void**) {
  TickSchedule ticks = begun(milliseconds(1250));
  assert_true(ticks.until_next(milliseconds(1250)) == milliseconds(750));
  assert_false(ticks.take(milliseconds(1999)));
  assert_true(ticks.take(milliseconds(2000)));
  assert_false(ticks.take(milliseconds(2000)));
  assert_true(ticks.until_next(milliseconds(2000)) == kSecond);
  assert_int_equal(ticks.missed(), 0);
}

void a_late_tick_does_not_move_the_next(void**) {
  TickSchedule ticks = begun(milliseconds(1250));
  assert_true(ticks.take(milliseconds(2700)));
  assert_true(ticks.until_next(milliseconds(2700)) == milliseconds(300));
  assert_int_equal(ticks.missed(), 0);
}

void ticks_that_passed_are_counted_once(void**) {
  TickSchedule ticks = begun(seconds(2));
  assert_true(ticks.take(milliseconds(7500)));  // the one of 3 s; those of 4, 5, 6 and 7 s have passed
  assert_int_equal(ticks.missed(), 4);
  assert_false(ticks.take(milliseconds(7900)));
  assert_true(ticks.take(seconds(8)));
  assert_int_equal(ticks.missed(), 4);
}

void what_is_due_is_not_slept_for(void**) {
  const TickSchedule ticks = begun(seconds(2));
  assert_true(ticks.until_next(milliseconds(3500)) == nanoseconds(0));
}

// As where clock_gettime() fails once.
void one_reading_of_nonsense_moves_no_tick(void**) {
  TickSchedule ticks = begun(seconds(1000));
  assert_true(ticks.until_next(nanoseconds(0)) == kSecond);
  assert_false(ticks.take(nanoseconds(0)));
  assert_false(ticks.take(milliseconds(1'000'900)));
  assert_false(ticks.take(nanoseconds(0)));
  assert_true(ticks.take(seconds(1001)));
  assert_int_equal(ticks.missed(), 0);
}

void a_clock_that_had_leapt_ahead_and_is_back_is_followed(void**) {
  TickSchedule ticks = begun(seconds(10));
  assert_true(ticks.take(seconds(1000)));
  const std::uint64_t missed = ticks.missed();
  assert_false(ticks.take(milliseconds(12'000)));
  assert_false(ticks.take(milliseconds(12'500)));
  assert_true(ticks.until_next(milliseconds(12'500)) == milliseconds(500));
  assert_true(ticks.take(seconds(13)));
  assert_int_equal(ticks.missed(), missed);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(ticks_are_on_whole_multiples),
    cmocka_unit_test(a_late_tick_does_not_move_the_next),
    cmocka_unit_test(ticks_that_passed_are_counted_once),
    cmocka_unit_test(what_is_due_is_not_slept_for),
    cmocka_unit_test(one_reading_of_nonsense_moves_no_tick),
    cmocka_unit_test(a_clock_that_had_leapt_ahead_and_is_back_is_followed),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
