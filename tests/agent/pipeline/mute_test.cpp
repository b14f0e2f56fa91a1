#include "agent/pipeline/mute.h"

#include <array>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::muted_at;
using epsilond::agent::MuteConfig;
using epsilond::agent::StepTime;

namespace {

// 2026-11-22 was a Sunday; `day` counts from it.
StepTime at(int day, int hour, int minute, int offset_hours = 0) {
  constexpr long kSunday = 1795305600;  // 2026-11-22 00:00 UTC
  StepTime time;
  time.wall = std::chrono::seconds(kSunday + day * 86400L + hour * 3600L + minute * 60L);
  time.utc_offset = std::chrono::hours(offset_hours);
  return time;
}

bool in_window(const StepTime& time, unsigned days, int start_minute, int end_minute) {
  std::array<MuteConfig, 1> mutes;
  mutes[0].days = std::bitset<7>(days);
  mutes[0].start_minute = start_minute;
  mutes[0].end_minute = end_minute;
  return muted_at(mutes, time);
}

constexpr unsigned kSundayOnly = 0b0000001;
constexpr unsigned kSaturdayOnly = 0b1000000;

void a_window_holds_from_its_start_to_just_before_its_end(void**) {
  assert_false(in_window(at(0, 2, 59), kSundayOnly, 180, 270));
  assert_true(in_window(at(0, 3, 0), kSundayOnly, 180, 270));
  assert_true(in_window(at(0, 4, 29), kSundayOnly, 180, 270));
  assert_false(in_window(at(0, 4, 30), kSundayOnly, 180, 270));
}

void a_window_holds_on_its_days_only(void**) { assert_false(in_window(at(1, 3, 30), kSundayOnly, 180, 270)); }

void a_window_past_midnight_belongs_to_the_day_it_starts_on(void**) {
  assert_true(in_window(at(-1, 23, 30), kSaturdayOnly, 1380, 60));
  assert_true(in_window(at(0, 0, 59), kSaturdayOnly, 1380, 60));
  assert_false(in_window(at(0, 1, 0), kSaturdayOnly, 1380, 60));
  assert_false(in_window(at(-1, 0, 30), kSaturdayOnly, 1380, 60));
}

void windows_are_in_local_time(void**) {
  assert_true(in_window(at(-1, 22, 0, 5), kSundayOnly, 180, 270));
  assert_false(in_window(at(0, 3, 30, 5), kSundayOnly, 180, 270));
}

void times_before_1970_do_not_confuse_the_weekday(void**) {
  StepTime time;
  time.wall = std::chrono::seconds(-3600);  // Wednesday 23:00
  assert_true(in_window(time, 0b0001000, 1380, 1400));
  assert_false(in_window(time, 0b0010000, 1380, 1400));
}

void without_windows_nothing_is_muted(void**) { assert_false(muted_at({}, at(0, 3, 30))); }

const CMUnitTest kTests[] = {
    cmocka_unit_test(a_window_holds_from_its_start_to_just_before_its_end),
    cmocka_unit_test(a_window_holds_on_its_days_only),
    cmocka_unit_test(a_window_past_midnight_belongs_to_the_day_it_starts_on),
    cmocka_unit_test(windows_are_in_local_time),
    cmocka_unit_test(times_before_1970_do_not_confuse_the_weekday),
    cmocka_unit_test(without_windows_nothing_is_muted),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
