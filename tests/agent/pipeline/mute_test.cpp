#include "agent/pipeline/mute.h"

#include <stdlib.h>

#include <array>
#include <span>

#include "platform/host/linux_clock.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::mute_window_at;
using epsilond::agent::MuteConfig;
using epsilond::agent::MuteWindow;
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
  return mute_window_at(mutes, time).config != nullptr;
}

bool muted_at(std::span<const MuteConfig> mutes, const StepTime& time) {
  return mute_window_at(mutes, time).config != nullptr;
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

void of_several_windows_any_mutes(void**) {
  std::array<MuteConfig, 2> mutes;
  mutes[0].days = std::bitset<7>(kSundayOnly);
  mutes[0].start_minute = 180;
  mutes[0].end_minute = 270;
  mutes[1].days = std::bitset<7>(0b0111110);  // Monday to Friday
  mutes[1].start_minute = 1410;
  mutes[1].end_minute = 30;
  assert_true(muted_at(mutes, at(0, 3, 0)));
  assert_true(muted_at(mutes, at(1, 23, 30)));
  assert_true(muted_at(mutes, at(6, 0, 29)));   // Saturday, of the window that began on Friday
  assert_false(muted_at(mutes, at(1, 0, 10)));  // Monday, and on Sunday none began
  assert_false(muted_at(mutes, at(6, 23, 45)));
}

void of_several_windows_the_one_that_ends_last_is_told_with_its_end(void**) {
  std::array<MuteConfig, 3> mutes;
  mutes[0] = {"short", std::bitset<7>(kSundayOnly), 180, 270};
  mutes[1] = {"night", std::bitset<7>(kSaturdayOnly), 1380, 300};
  mutes[2] = {"other", std::bitset<7>(kSundayOnly), 240, 250};
  StepTime time = at(0, 1, 30, 2);
  time.wall += std::chrono::milliseconds(12345);
  const MuteWindow window = mute_window_at(mutes, time);
  assert_ptr_equal(window.config, &mutes[1]);
  assert_true(window.until == at(0, 3, 0).wall);
  assert_true(mute_window_at(mutes, at(-1, 23, 30)).until == at(0, 5, 0).wall);
}

// Central Europe, whose clocks go from 02:00 to 03:00 at 01:00 UTC on 2026-03-29, and from 03:00 to 02:00 at 01:00 UTC
// on 2026-10-25. The rule is written out, so no time zone data is needed. How many minutes of the `hours` real hours
// from 01:00 local time on are muted by a window.
int muted_minutes(std::int64_t one_o_clock, int hours, int start_minute, int end_minute) {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  const epsilond::platform::LinuxClock clock;
  int count = 0;
  for (int minute = 0; minute < hours * 60; ++minute) {
    StepTime time;
    time.wall = std::chrono::seconds(one_o_clock + 60 * minute);
    time.utc_offset = clock.utc_offset(time.wall);
    count += in_window(time, kSundayOnly, start_minute, end_minute) ? 1 : 0;
  }
  return count;
}

constexpr std::int64_t kSpring = 1774742400;  // 2026-03-29 00:00 UTC
constexpr std::int64_t kAutumn = 1792882800;  // 2026-10-24 23:00 UTC

void when_the_clocks_go_forward_the_skipped_hour_mutes_nothing(void**) {
  assert_int_equal(muted_minutes(kSpring, 6, 120, 180), 0);   // 02:00-03:00 does not come
  assert_int_equal(muted_minutes(kSpring, 6, 150, 210), 30);  // of 02:30-03:30 its second half
  assert_int_equal(muted_minutes(kSpring, 6, 60, 240), 120);  // 01:00-04:00 is two hours long
  assert_int_equal(muted_minutes(kSpring, 6, 240, 270), 30);
}

void when_the_clocks_go_back_the_repeated_hour_mutes_twice(void**) {
  assert_int_equal(muted_minutes(kAutumn, 6, 120, 180), 120);
  assert_int_equal(muted_minutes(kAutumn, 6, 150, 210), 90);  // 02:30-03:00 twice, 03:00-03:30 once
  assert_int_equal(muted_minutes(kAutumn, 6, 60, 240), 240);  // 01:00-04:00 is four hours long
  assert_int_equal(muted_minutes(kAutumn, 6, 240, 270), 30);
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
    cmocka_unit_test(of_several_windows_any_mutes),
    cmocka_unit_test(of_several_windows_the_one_that_ends_last_is_told_with_its_end),
    cmocka_unit_test(when_the_clocks_go_forward_the_skipped_hour_mutes_nothing),
    cmocka_unit_test(when_the_clocks_go_back_the_repeated_hour_mutes_twice),
    cmocka_unit_test(times_before_1970_do_not_confuse_the_weekday),
    cmocka_unit_test(without_windows_nothing_is_muted),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
