#include "agent/outputs/schedule.h"

#include <algorithm>
#include <array>
#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::phase_of;
using epsilond::agent::Schedule;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr seconds kNow{1766000000};

int times_due(Schedule& schedule, int from_s, int to_s) {
  int times = 0;
  for (int s = from_s; s < to_s; ++s) times += schedule.due(kNow + seconds(s)) ? 1 : 0;
  return times;
}

void the_first_is_at_once_and_then_one_in_each_period(void**) {
  for (const int phase : {0, 7, 19}) {
    Schedule schedule(seconds(20), seconds(phase));
    assert_true(schedule.due(kNow));
    assert_false(schedule.due(kNow));
    assert_int_equal(times_due(schedule, 1, 2001), 100);
  }
}

void each_host_has_its_own_moment(void**) {
  for (const int phase : {0, 7, 19}) {
    Schedule schedule(seconds(20), seconds(phase));
    schedule.due(kNow);  // 1766000000 is a multiple of 20
    if (phase > 0) assert_int_equal(times_due(schedule, 1, phase), 0);
    assert_int_equal(times_due(schedule, std::max(phase, 1), 21), 1);
  }
}

void a_step_that_is_longer_than_the_period_is_sent_each_time(void**) {
  Schedule schedule(seconds(1), nanoseconds(0));
  for (int i = 0; i < 10; ++i) assert_true(schedule.due(kNow + seconds(60 * i)));
}

// Ticks of a second that come a little early or late, about the moment at which the period begins.
void no_tick_as_long_as_the_period_is_passed_over(void**) {
  Schedule schedule(seconds(1), nanoseconds(0));
  for (int i = 0; i < 1000; ++i)
    assert_true(schedule.due(kNow + seconds(i) + std::chrono::milliseconds(i * 37 % 80 - 40)));
}

void short_ticks_are_sent_once_in_each_period(void**) {
  for (const int from_ms : {0, 50, 150, 199}) {
    Schedule schedule(seconds(1), nanoseconds(0));
    int times = 0;
    for (int i = 0; i < 5000; ++i)
      times += schedule.due(kNow + std::chrono::milliseconds(from_ms + i * 200 + i * 13 % 60 - 30)) ? 1 : 0;
    assert_in_range(times, 999, 1001);
  }
}

void a_clock_that_was_set_is_due_once(void**) {
  Schedule schedule(seconds(20), seconds(3));
  schedule.due(kNow);
  assert_true(schedule.due(kNow - seconds(100000)));
  assert_false(schedule.due(kNow - seconds(99999)));
}

// Twenty seconds of a thousand hosts alike in name: a Poisson number of mean 50 is beyond 25 .. 80 once in thousands.
void a_fleet_is_spread_over_the_period(void**) {
  std::array<int, 20> in_second{};
  for (int host = 0; host < 1000; ++host) {
    char name[16];
    std::snprintf(name, sizeof name, "web-%04d", host);
    const nanoseconds phase = phase_of("", name, seconds(20));
    assert_true(phase >= nanoseconds(0) && phase < seconds(20));
    ++in_second[static_cast<std::size_t>(std::chrono::floor<seconds>(phase).count())];
  }
  for (const int count : in_second) assert_in_range(count, 25, 80);
}

void clones_are_told_apart_by_either(void**) {
  assert_true(phase_of("id", "a", seconds(20)) != phase_of("id", "b", seconds(20)));
  assert_true(phase_of("id1", "a", seconds(20)) != phase_of("id2", "a", seconds(20)));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_first_is_at_once_and_then_one_in_each_period),
    cmocka_unit_test(each_host_has_its_own_moment),
    cmocka_unit_test(a_step_that_is_longer_than_the_period_is_sent_each_time),
    cmocka_unit_test(no_tick_as_long_as_the_period_is_passed_over),
    cmocka_unit_test(short_ticks_are_sent_once_in_each_period),
    cmocka_unit_test(a_clock_that_was_set_is_due_once),
    cmocka_unit_test(a_fleet_is_spread_over_the_period),
    cmocka_unit_test(clones_are_told_apart_by_either),
};
EPSILOND_TEST_MAIN(kTests)
