#include "agent/watch/usage_readings.h"

#include <string_view>

#include "agent/watch/watch_table.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::observe_usage;
using epsilond::agent::Readings;
using epsilond::agent::watch_features;
using epsilond::platform::TreeUsage;
using epsilond::platform::UsageField;

namespace {

std::size_t row_of(std::string_view name) {
  std::size_t row = 0;
  while (row + 1 < watch_features().size() && watch_features()[row].name != name) ++row;
  return row;
}

TreeUsage usage(double rss, double user_s, double read_bytes) {
  TreeUsage out;
  out.set(UsageField::kRssBytes, rss);
  out.set(UsageField::kUserSeconds, user_s);
  out.set(UsageField::kReadBytes, read_bytes);
  return out;
}

double value(const Readings& readings, std::string_view name) { return readings.values[row_of(name)]; }
bool present(const Readings& readings, std::string_view name) { return readings.present[row_of(name)]; }

void gauges_are_as_they_are_and_counters_per_second(void**) {
  const TreeUsage before = usage(1e6, 10.0, 1000.0);
  const Readings readings = observe_usage(&before, usage(3e6, 13.0, 5000.0), 2.0);
  assert_near(value(readings, "rss_bytes"), 3e6, 0, 0);
  assert_near(value(readings, "cpu_user_ratio"), 1.5, 1e-12, 0);
  assert_near(value(readings, "read_bytes_per_s"), 2000.0, 1e-9, 0);
  assert_near(readings.elapsed_s, 2.0, 0, 0);
  assert_int_equal(readings.present.count(), 3);
}

void without_a_past_there_are_no_rates(void**) {
  const Readings readings = observe_usage(nullptr, usage(1e6, 10.0, 1000.0), 1.0);
  assert_true(present(readings, "rss_bytes"));
  assert_false(present(readings, "cpu_user_ratio"));
}

void what_is_missing_on_either_side_is_absent(void**) {
  TreeUsage before;
  before.set(UsageField::kReadBytes, 1.0);
  TreeUsage now;
  now.set(UsageField::kUserSeconds, 1.0);
  assert_true(observe_usage(&before, now, 1.0).present.none());
}

void a_counter_that_falls_is_absent(void**) {
  const TreeUsage before = usage(1e6, 10.0, 1000.0);
  const Readings readings = observe_usage(&before, usage(1e6, 9.0, 1000.0), 1.0);
  assert_false(present(readings, "cpu_user_ratio"));
  assert_true(present(readings, "read_bytes_per_s"));
}

void no_time_makes_no_rate(void**) {
  const TreeUsage before = usage(1e6, 10.0, 1000.0);
  assert_false(present(observe_usage(&before, usage(1e6, 11.0, 1000.0), 0.0), "cpu_user_ratio"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(gauges_are_as_they_are_and_counters_per_second),
    cmocka_unit_test(without_a_past_there_are_no_rates),
    cmocka_unit_test(what_is_missing_on_either_side_is_absent),
    cmocka_unit_test(a_counter_that_falls_is_absent),
    cmocka_unit_test(no_time_makes_no_rate),
};
EPSILOND_TEST_MAIN(kTests)
