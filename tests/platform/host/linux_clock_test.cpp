#include "platform/host/linux_clock.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <chrono>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::LinuxClock;
using std::chrono::seconds;

namespace {

// A zone written out as POSIX does, so no zone file is needed: Central European Time with its summer time.
constexpr const char* kCentralEurope = "CET-1CEST,M3.5.0,M10.5.0/3";

seconds offset_in(const char* zone, std::int64_t unix_s) {
  ::setenv("TZ", zone, 1);
  return LinuxClock().utc_offset(seconds(unix_s));
}

void monotonic_time_never_goes_back(void**) {
  const LinuxClock clock;
  std::chrono::nanoseconds last = clock.monotonic();
  for (int i = 0; i < 1000; ++i) {
    const std::chrono::nanoseconds now = clock.monotonic();
    assert_true(now >= last);
    last = now;
  }
}

void wall_time_is_unix_time(void**) {
  const std::int64_t before = ::time(nullptr) - 1;
  const std::int64_t now = std::chrono::floor<seconds>(LinuxClock().wall()).count();
  assert_in_range(now, before, ::time(nullptr) + 1);
}

void utc_has_no_offset(void**) { assert_int_equal(offset_in("UTC0", 1795301281).count(), 0); }

void winter_and_summer_have_their_own_offset(void**) {
  assert_int_equal(offset_in(kCentralEurope, 1768478400).count(), 3600);  // 2026-01-15
  assert_int_equal(offset_in(kCentralEurope, 1784116800).count(), 7200);  // 2026-07-15
}

void winter_and_summer_come_after_2038_too(void**) {
  assert_int_equal(offset_in(kCentralEurope, 2210241600).count(), 3600);  // 2040-01-15
  assert_int_equal(offset_in(kCentralEurope, 2225966400).count(), 7200);  // 2040-07-15
}

void the_offset_changes_at_the_second_the_zone_says(void**) {
  // 2026-03-29 01:00:00 UTC.
  assert_int_equal(offset_in(kCentralEurope, 1774746000 - 1).count(), 3600);
  assert_int_equal(offset_in(kCentralEurope, 1774746000).count(), 7200);
}

// The agent runs for years with one clock.
void one_clock_follows_every_change_of_a_zone_of_the_system(void**) {
  if (::access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0) {
    print_message("no time zone data on this machine\n");
    skip();
  }
  ::setenv("TZ", "Europe/Berlin", 1);
  const LinuxClock clock;
  struct Change {
    std::int64_t at_s;
    int before_s;
    int after_s;
  };
  // 2026-03-29, 2026-10-25 and 2027-03-28, each at 01:00 UTC.
  for (const Change& change : {Change{1774746000, 3600, 7200}, {1792890000, 7200, 3600}, {1806195600, 3600, 7200}}) {
    assert_int_equal(clock.utc_offset(seconds(change.at_s - 1)).count(), change.before_s);
    assert_int_equal(clock.utc_offset(seconds(change.at_s)).count(), change.after_s);
  }
}

void the_boot_clock_is_never_behind_the_monotonic_one(void**) {
  const LinuxClock clock;
  const std::chrono::nanoseconds before = clock.monotonic();
  assert_true(clock.since_boot() >= before);
}

void a_zone_west_of_greenwich_with_half_an_hour_is_negative(void**) {
  assert_int_equal(offset_in("NST3:30", 1768478400).count(), -12600);
}

void time_before_1970_has_an_offset(void**) { assert_int_equal(offset_in("XXX-5", -1).count(), 18000); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(monotonic_time_never_goes_back),
    cmocka_unit_test(wall_time_is_unix_time),
    cmocka_unit_test(utc_has_no_offset),
    cmocka_unit_test(winter_and_summer_have_their_own_offset),
    cmocka_unit_test(winter_and_summer_come_after_2038_too),
    cmocka_unit_test(the_offset_changes_at_the_second_the_zone_says),
    cmocka_unit_test(one_clock_follows_every_change_of_a_zone_of_the_system),
    cmocka_unit_test(the_boot_clock_is_never_behind_the_monotonic_one),
    cmocka_unit_test(a_zone_west_of_greenwich_with_half_an_hour_is_negative),
    cmocka_unit_test(time_before_1970_has_an_offset),
};
EPSILOND_TEST_MAIN(kTests)
