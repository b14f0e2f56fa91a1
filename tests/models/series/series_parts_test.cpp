// The small parts of the series ensemble: offsets, scales, records, the silence after an alert.

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "models/series/hold_off.h"
#include "models/series/offset_table.h"
#include "models/series/range_record.h"
#include "models/series/seasonal_normaliser.h"
#include "models/series/seasonal_scale.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::HoldOff;
using epsilond::models::HoldOffSettings;
using epsilond::models::OffsetSettings;
using epsilond::models::OffsetTable;
using epsilond::models::RangeRecord;
using epsilond::models::SeasonalNormaliser;
using epsilond::models::SeasonalScale;

namespace {

constexpr OffsetSettings kOffsets{.smallest_gain = 0.1, .prior = 5.0, .most = 10.0};
constexpr SeasonalScale::Settings kScale{.smallest_gain = 0.0, .length = 1.0};

void an_offset_is_shrunk_towards_nothing_by_the_count_seen(void**) {
  OffsetTable<24> table;
  assert_near(table.offset(3, kOffsets), 0.0, 0, 0);
  table.learn(3, 12.0, kOffsets);
  assert_near(table.offset(3, kOffsets), 12.0 / 6.0, 0, 1e-15);
  table.learn(3, 24.0, kOffsets);
  assert_near(table.offset(3, kOffsets), 18.0 * 2.0 / 7.0, 0, 1e-15);
  assert_near(table.offset(4, kOffsets), 0.0, 0, 0);
}

void an_offset_follows_a_new_level_at_its_smallest_gain(void**) {
  OffsetTable<24> table;
  for (int i = 0; i < 1000; ++i) table.learn(0, 1.0, kOffsets);
  table.learn(0, 2.0, kOffsets);
  // The eleventh of ten that count weighs a tenth.
  assert_near(table.offset(0, kOffsets), 1.1 * 10.0 / 15.0, 0, 1e-12);
}

void a_scale_says_nothing_before_six_statistics(void**) {
  SeasonalScale scale;
  for (int i = 0; i < 6; ++i) {
    assert_true(std::isinf(scale.sigma(0, 1e-9, kScale)));
    scale.learn(0, 2.0, kScale);
  }
  assert_near(scale.sigma(0, 1e-9, kScale), 2.0 * std::sqrt(1.0 + 3.0 / 6.0), 0, 1e-12);
  assert_near(scale.sigma(0, 100.0, kScale), 100.0, 0, 0);
}

void a_wild_hour_widens_the_scale_of_its_neighbours_alone(void**) {
  SeasonalScale scale;
  for (int i = 0; i < 2400; ++i) scale.learn(static_cast<std::size_t>(i) % 24, i % 24 == 0 ? 10.0 : 1.0, kScale);
  const double calm = scale.sigma(12, 1e-9, kScale);
  assert_near(calm * calm, (100.0 + 23.0) / 24.0 * (1.0 + 3.0 / 2400.0), 0, 1e-9);
  for (const std::size_t hour : {23U, 0U, 1U}) assert_true(scale.sigma(hour, 1e-9, kScale) > 1.2 * calm);
  for (const std::size_t hour : {22U, 2U}) assert_near(scale.sigma(hour, 1e-9, kScale), calm, 0, 0);
}

void a_spike_is_never_forgotten_by_a_growing_scale(void**) {
  SeasonalScale growing;
  SeasonalScale recent;
  constexpr SeasonalScale::Settings kRecent{.smallest_gain = 0.1, .length = 1.0};
  for (int i = 0; i < 1001; ++i) {
    growing.learn(12, i == 0 ? 1000.0 : 0.0, kScale);
    recent.learn(12, i == 0 ? 1000.0 : 0.0, kRecent);
  }
  assert_true(growing.sigma(0, 1e-9, kScale) > 30.0);
  assert_near(recent.sigma(0, 1e-9, kRecent), 0.0, 1e-6, 0);
}

// Its state as it is saved: count, mean square, then of each hour the mean squares and the counts.
bool plausible_with(std::size_t at, double value) {
  SeasonalScale scale;
  for (std::size_t i = 0; i < 100; ++i) scale.learn(i % SeasonalScale::kHours, 2.0, kScale);
  static_assert(sizeof scale == 8 * (2 + 2 * SeasonalScale::kHours));
  std::memcpy(reinterpret_cast<std::byte*>(&scale) + 8 * at, &value, sizeof value);
  return scale.plausible();
}

void a_damaged_scale_is_not_plausible(void**) {
  constexpr std::size_t kCounts = 2 + SeasonalScale::kHours;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (std::size_t at = 0; at < kCounts + SeasonalScale::kHours; ++at) {
    assert_true(plausible_with(at, 0.0));
    assert_true(plausible_with(at, 50.0));
    for (const double bad : {-0.1, kInfinity, std::numeric_limits<double>::quiet_NaN()})
      assert_false(plausible_with(at, bad));
    assert_int_equal(plausible_with(at, 50.5), at < kCounts);
  }
}

void a_normalised_statistic_has_no_unit_and_no_level(void**) {
  SeasonalNormaliser one;
  SeasonalNormaliser other;
  for (int i = 0; i < 500; ++i) {
    const double s = std::sin(0.7 * i) + 0.1 * std::cos(3.1 * i);
    const auto hour = static_cast<std::size_t>(i) % 24;
    if (i > 50) assert_near(other.z(hour, 1e6 * s, kScale), one.z(hour, s, kScale), 0, 1e-6);
    one.learn(hour, s, kScale);
    other.learn(hour, 1e6 * s, kScale);
  }
  assert_true(one.z(5, 10.0, kScale) > 5.0);
}

void a_record_is_measured_by_the_range_so_far(void**) {
  RangeRecord record;
  for (const double value : {10.0, 20.0, 15.0}) {
    assert_near(record.excess(1e9), 0.0, 0, 0);
    record.learn(value);
  }
  assert_near(record.excess(25.0), 0.5, 0, 1e-15);
  assert_near(record.excess(9.0), 0.1, 0, 1e-15);
  assert_near(record.excess(20.0), 0.0, 0, 0);
  record.learn(30.0);
  assert_near(record.excess(40.0), 0.5, 0, 1e-15);
}

void values_that_are_all_the_same_have_no_records(void**) {
  RangeRecord record;
  for (int i = 0; i < 10; ++i) record.learn(7.0);
  assert_near(record.excess(8.0), 0.0, 0, 0);
}

// The values (from 0) of a stream of so many equal scores that are alerts.
std::vector<int> alerts_of(const HoldOffSettings& settings, int values, double score, int louder_at = -1) {
  HoldOff hold_off(settings);
  std::vector<int> alerts;
  for (int i = 0; i < values; ++i)
    if (hold_off.advance(i == louder_at ? 2.0 * score : score)) alerts.push_back(i);
  return alerts;
}

bool are(const std::vector<int>& alerts, std::initializer_list<int> expected) {
  return alerts == std::vector<int>(expected);
}

void the_silence_grows_with_the_age_of_the_series(void**) {
  // 5 values at first (0, 6, ... 132), then 0.04 of the age of the alert, whole values: 138 * 0.04 = 5.52, ...
  assert_true(are(alerts_of({}, 20, 2.0), {0, 6, 12, 18}));
  const auto last_gap = [](int values) {
    const std::vector<int> alerts = alerts_of({}, values, 2.0);
    return alerts[alerts.size() - 1] - alerts[alerts.size() - 2];
  };
  assert_int_equal(last_gap(20000), 201);
  assert_true(last_gap(1000) >= 35 && last_gap(1000) <= 40);
}

void a_score_at_the_threshold_is_an_alert_and_one_below_is_none(void**) {
  assert_true(are(alerts_of({.threshold = 2.0}, 3, 2.0), {0}));
  assert_true(are(alerts_of({.threshold = 2.0}, 3, 1.999), {}));
  assert_true(are(alerts_of({}, 10, NAN), {}));
  assert_true(are(alerts_of({}, 10, INFINITY), {}));
}

void a_louder_score_breaks_the_silence_only_if_it_is_asked_to(void**) {
  assert_true(are(alerts_of({}, 6, 2.0, 3), {0}));
  assert_true(are(alerts_of({.escalation = 1.5}, 8, 2.0, 3), {0, 3, 6}));
  assert_true(are(alerts_of({.escalation = 2.5}, 6, 2.0, 3), {0}));
}

void the_first_values_may_be_kept_silent(void**) {
  assert_true(are(alerts_of({.silent_values = 4}, 11, 2.0), {4, 10}));
}

void the_silence_can_be_asked_for_and_ends_with_a_reset(void**) {
  HoldOff hold_off{HoldOffSettings()};
  assert_false(hold_off.silent());
  assert_true(hold_off.advance(2.0));
  for (int i = 0; i < 5; ++i) {
    assert_true(hold_off.silent());
    assert_false(hold_off.advance(0.0));
  }
  assert_false(hold_off.silent());
  assert_true(hold_off.advance(2.0));
  hold_off.reset();
  assert_false(hold_off.silent());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(an_offset_is_shrunk_towards_nothing_by_the_count_seen),
    cmocka_unit_test(an_offset_follows_a_new_level_at_its_smallest_gain),
    cmocka_unit_test(a_scale_says_nothing_before_six_statistics),
    cmocka_unit_test(a_wild_hour_widens_the_scale_of_its_neighbours_alone),
    cmocka_unit_test(a_spike_is_never_forgotten_by_a_growing_scale),
    cmocka_unit_test(a_damaged_scale_is_not_plausible),
    cmocka_unit_test(a_normalised_statistic_has_no_unit_and_no_level),
    cmocka_unit_test(a_record_is_measured_by_the_range_so_far),
    cmocka_unit_test(values_that_are_all_the_same_have_no_records),
    cmocka_unit_test(the_silence_grows_with_the_age_of_the_series),
    cmocka_unit_test(a_score_at_the_threshold_is_an_alert_and_one_below_is_none),
    cmocka_unit_test(a_louder_score_breaks_the_silence_only_if_it_is_asked_to),
    cmocka_unit_test(the_first_values_may_be_kept_silent),
    cmocka_unit_test(the_silence_can_be_asked_for_and_ends_with_a_reset),
};
EPSILOND_TEST_MAIN(kTests)
