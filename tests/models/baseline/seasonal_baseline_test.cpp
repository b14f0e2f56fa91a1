#include "models/baseline/seasonal_baseline.h"

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BaselineKind;
using epsilond::models::SeasonalBaseline;
using epsilond::tests::Rng;

namespace {

constexpr double kHour = 3600.0;
constexpr double kDay = 24 * kHour;
constexpr double kMonday = 4 * kDay;  // 1970-01-05, the first Monday

// Shows a season one value of its first feature, which has this sd.
void learn_first(SeasonalBaseline& season, const SeasonalBaseline::Slot& slot, double elapsed_s, double above_level,
                 double sd) {
  SeasonalBaseline::Parts parts{};
  season.parts(slot, parts);
  SeasonalBaseline::Lesson lesson{};
  lesson.above_level[0] = above_level;
  lesson.sd[0] = sd;
  lesson.taken[0] = 1.0;
  season.learn_all(SeasonalBaseline::visit(slot, elapsed_s), parts, lesson);
}

// Learns `days` days at one value per minute: `height` between 02:00 and 03:00 local, 0 elsewhere; on Sundays ten times
// that.
std::unique_ptr<SeasonalBaseline> nightly(BaselineKind kind, int days, double height) {
  auto season = std::make_unique<SeasonalBaseline>(kind, 2);
  for (int minute = 0; minute < days * 1440; ++minute) {
    const double time_s = kMonday + 60.0 * minute;
    const double hour = std::fmod(time_s, kDay) / kHour;
    const bool sunday = static_cast<int>(time_s / kDay) % 7 == 3;
    const double value = hour >= 2.0 && hour < 3.0 ? height * (sunday ? 10.0 : 1.0) : 0.0;
    learn_first(*season, SeasonalBaseline::slot(time_s), 60.0, value, 1e6);
  }
  return season;
}

double expected_at(BaselineKind kind, int days, double hour_of_monday) {
  return nightly(kind, days, 10.0)->expected(0, SeasonalBaseline::slot(kMonday + 700 * kDay + hour_of_monday * kHour));
}

void weights_are_linear_between_half_hour_centres(void**) {
  const SeasonalBaseline::Slot at_centre = SeasonalBaseline::slot(900.0);
  assert_int_equal(at_centre.day_bin[0], 0);
  assert_near(at_centre.day_weight[0], 1.0, 1e-12, 0);
  const SeasonalBaseline::Slot at_edge = SeasonalBaseline::slot(1800.0);
  assert_int_equal(at_edge.day_bin[1], 1);
  assert_near(at_edge.day_weight[1], 0.5, 1e-12, 0);
}

void midnight_wraps_to_the_last_half_hour(void**) {
  const SeasonalBaseline::Slot slot = SeasonalBaseline::slot(0.0);
  assert_int_equal(slot.day_bin[0], 47);
  assert_int_equal(slot.day_bin[1], 0);
  assert_near(slot.day_weight[0], 0.5, 1e-12, 0);
}

void hours_of_the_week_count_from_monday(void**) {
  assert_int_equal(SeasonalBaseline::slot(kMonday + 90.0).week_bin, 0);
  assert_int_equal(SeasonalBaseline::slot(kMonday - 90.0).week_bin, 167);
  assert_int_equal(SeasonalBaseline::slot(kMonday + 7 * kDay + 25.5 * kHour).week_bin, 25);
}

void every_time_has_a_slot(void**) {
  for (const double time_s : {-1e-12, -1e9 - 0.3, 86400.0 - 1e-11, 1e300, -std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
    const SeasonalBaseline::Slot slot = SeasonalBaseline::slot(time_s);
    assert_true(slot.day_bin[0] < 48 && slot.day_bin[1] < 48 && slot.week_bin < 168);
    assert_near(slot.day_weight[0] + slot.day_weight[1], 1.0, 1e-12, 0);
  }
}

// The slot by its definition.
bool slot_is_where_it_should_be(double time_s) {
  const auto within = [](double value, double period) {
    const double rest = std::fmod(value, period);
    return rest < 0.0 ? rest + period : rest;
  };
  const SeasonalBaseline::Slot slot = SeasonalBaseline::slot(time_s);
  const double from_centre = within(time_s, kDay) / 1800.0 - 0.5;
  const auto week_bin = static_cast<std::size_t>(std::fmin(within(time_s + 3 * kDay, 7 * kDay) / kHour, 167.0));
  return slot.day_bin[0] == (from_centre < 0.0 ? 47 : static_cast<std::size_t>(from_centre)) &&
         slot.day_bin[1] == (slot.day_bin[0] + 1) % 48 && slot.day_weight[1] == from_centre - std::floor(from_centre) &&
         slot.week_bin == week_bin;
}

void whole_days_and_weeks_are_taken_off_exactly(void**) {
  Rng rng(epsilond::tests::test_seed());
  for (int i = 0; i < 200000; ++i) {
    const double scale = std::exp2(rng.uniform(0.0, 60.0));
    assert_true(slot_is_where_it_should_be(rng.uniform(-scale, scale)));
    const double midnight = kDay * std::floor(rng.uniform(-1e6, 1e6));
    assert_true(slot_is_where_it_should_be(midnight));
    assert_true(slot_is_where_it_should_be(std::nextafter(midnight, -1e300)));
    assert_true(slot_is_where_it_should_be(std::nextafter(midnight, 1e300)));
  }
}

// Means and visits of one bin of one feature, learned as documented: the mean moves in single precision.
struct PlainBin {
  float mean = 0.0f;
  float visits = 0.0f;

  double part(double shrink) const {
    const double n = static_cast<double>(visits);
    return static_cast<double>(mean) * n / (n + shrink);
  }
  void learn(double value, double new_visits, double gain) {
    const double n = static_cast<double>(visits);
    const double weight = std::fmax(gain, new_visits / (n + new_visits));
    volatile float step = static_cast<float>(weight * (value - static_cast<double>(mean)));
    mean += step;
    visits = static_cast<float>(std::fmin(n + new_visits, 100.0));
  }
};

double clipped(double value, double bound) { return std::fmin(std::fmax(value, -bound), bound); }

// Learns features one by one in plain arithmetic beside learn_all(); the largest relative difference of expectations.
double worst_difference_from_plain_bins(std::size_t features, std::uint64_t seed) {
  SeasonalBaseline season(BaselineKind::kHourOfWeek, features);
  std::vector<std::array<PlainBin, 3>> plain(features);
  Rng rng(seed);
  double worst = 0.0;
  for (int row = 0; row < 4000; ++row) {
    const SeasonalBaseline::Slot slot = SeasonalBaseline::slot(kMonday + 2.3 * kHour + rng.uniform(0.0, 600.0));
    const SeasonalBaseline::Visit visit = SeasonalBaseline::visit(slot, rng.uniform(0.5, 20000.0));
    SeasonalBaseline::Parts parts;
    season.parts(slot, parts);
    SeasonalBaseline::Lesson lesson{};
    for (std::size_t i = 0; i < features; ++i) {
      lesson.above_level[i] = 40.0 * rng.normal();
      lesson.sd[i] = 2.0;
      lesson.taken[i] = rng.below(5) == 0 ? 0.0 : 1.0;
      std::array<PlainBin, 3>& bins = plain[i];
      const double day = slot.day_weight[0] * bins[0].part(3.0) + slot.day_weight[1] * bins[1].part(3.0);
      const double week = bins[2].part(5.0);
      worst = std::fmax(worst, std::fabs(parts.day[i] + parts.week[i] - day - week));
      if (lesson.taken[i] == 0.0) continue;
      const double above = lesson.above_level[i];
      for (std::size_t k = 0; k < 2; ++k) {
        const double mean = static_cast<double>(bins[k].mean);
        bins[k].learn(mean + clipped(above - mean, 36.0), visit.day_visits[k], visit.day_gain[k]);
      }
      bins[2].learn(week + clipped(above - day - week, 6.0), visit.week_visits, visit.week_gain);
    }
    season.learn_all(visit, parts, lesson);
  }
  return worst;
}

void all_features_at_once_learn_what_each_would_alone(void**) {
  // Means of at most 36 that are moved in steps rounded to single: the same but for the double that decides a rounding,
  // which is worth a unit in the last place of a mean, 4e-6. Two of them.
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const std::size_t features : {1u, 2u, 3u, 8u, 63u, 64u})
    assert_near(worst_difference_from_plain_bins(features, seed), 0.0, 8e-6, 0);
}

void the_global_kind_expects_nothing(void**) { assert_near(expected_at(BaselineKind::kGlobal, 10, 2.5), 0.0, 0, 0); }

void a_nightly_job_is_expected_at_night_only(void**) {
  const double night = expected_at(BaselineKind::kHourOfDay, 6, 2.5);
  assert_true(night > 5.0 && night < 10.0);
  assert_near(expected_at(BaselineKind::kHourOfDay, 6, 14.5), 0.0, 1e-6, 0);
}

void few_visits_say_little(void**) {
  // One visit of a bin counts 1 / (1 + 3); an eighth of it belongs to the quiet before and after.
  assert_near(expected_at(BaselineKind::kHourOfDay, 1, 2.5), 10.0 * 7.0 / 8.0 / 4.0, 1e-3, 0);
}

void the_hour_of_the_week_knows_sundays(void**) {
  auto sunday_minus_monday = [](BaselineKind kind) {
    const std::unique_ptr<SeasonalBaseline> season = nightly(kind, 56, 1.0);
    const double monday = kMonday + 700 * kDay + 2.5 * kHour;
    return season->expected(0, SeasonalBaseline::slot(monday + 6 * kDay)) -
           season->expected(0, SeasonalBaseline::slot(monday));
  };
  assert_near(sunday_minus_monday(BaselineKind::kHourOfDay), 0.0, 1e-9, 0);
  assert_true(sunday_minus_monday(BaselineKind::kHourOfWeek) > 3.0);
}

void features_do_not_share_their_seasons(void**) {
  const double other =
      nightly(BaselineKind::kHourOfWeek, 10, 10.0)->expected(1, SeasonalBaseline::slot(kMonday + 2.5 * kHour));
  assert_near(other, 0.0, 0, 0);
}

double after_one_wild_value() {
  SeasonalBaseline season(BaselineKind::kHourOfDay, 1);
  const SeasonalBaseline::Slot slot = SeasonalBaseline::slot(900.0);
  learn_first(season, slot, 1800.0, 1e9, 1.0);
  return season.expected(0, slot);
}

double after_half_an_hour(int samples, bool forget = false) {
  SeasonalBaseline season(BaselineKind::kHourOfWeek, 1);
  const SeasonalBaseline::Slot slot = SeasonalBaseline::slot(900.0);
  for (int i = 0; i < samples; ++i) learn_first(season, slot, 1800.0 / samples, 1.0, 1.0);
  if (forget) season.reset();
  return season.expected(0, slot);
}

std::size_t bytes_of(BaselineKind kind) { return SeasonalBaseline(kind, 64).memory_bytes(); }

void one_wild_value_is_bounded_by_the_sd(void**) { assert_near(after_one_wild_value(), 18.0 / 4.0, 1e-5, 0); }

// `visits` days of a value that lies `z` sd above the level in one half hour: the spread there.
double spread_after(int visits, double z, bool spread_too = true) {
  SeasonalBaseline season(BaselineKind::kHourOfDay, 3);
  const SeasonalBaseline::Visit visit = SeasonalBaseline::visit(SeasonalBaseline::slot(900.0), 1800.0);
  SeasonalBaseline::Parts parts{};
  for (int i = 0; i < visits; ++i) {
    SeasonalBaseline::Lesson lesson{};
    season.parts(visit.slot, parts);
    lesson.above_level[1] = 4.0 * z;
    lesson.sd[1] = 4.0;
    lesson.taken[1] = 1.0;
    lesson.spread_too = spread_too;
    season.learn_all(visit, parts, lesson);
  }
  season.parts(visit.slot, parts);
  return parts.spread[1];
}

void the_spread_of_an_hour_is_shrunk_to_one_as_its_mean_is_to_none(void**) {
  assert_near(spread_after(0, 2.0), 1.0, 0, 0);
  assert_near(spread_after(1, 2.0), std::sqrt(1.0 + (4.0 - 1.0) / 4.0), 0, 1e-6);  // of single precision
  assert_near(spread_after(1, -0.5), std::sqrt(1.0 + (0.25 - 1.0) / 4.0), 0, 1e-6);
  assert_near(spread_after(1, 50.0), std::sqrt(1.0 + (9.0 - 1.0) / 4.0), 0, 1e-6);
  assert_near(spread_after(1, 50.0, false), 1.0, 0, 0);
}

void no_hour_is_narrower_than_a_tenth_of_the_variance(void**) {
  assert_near(spread_after(200, 0.0), std::sqrt(0.1), 0, 1e-6);
}

void visits_are_days_whatever_the_interval(void**) {
  assert_near(after_half_an_hour(1800), after_half_an_hour(6), 0, 0.01);
  assert_true(after_half_an_hour(6) > 0.2);
}

void reset_forgets(void**) { assert_near(after_half_an_hour(10, true), 0.0, 0, 0); }

void only_the_bins_of_its_kind_are_held(void**) {
  assert_int_equal(bytes_of(BaselineKind::kGlobal), sizeof(SeasonalBaseline));
  assert_int_equal(bytes_of(BaselineKind::kHourOfDay), sizeof(SeasonalBaseline) + 64 * 576);
  assert_int_equal(bytes_of(BaselineKind::kHourOfWeek), sizeof(SeasonalBaseline) + 64 * 1920);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(weights_are_linear_between_half_hour_centres),
    cmocka_unit_test(midnight_wraps_to_the_last_half_hour),
    cmocka_unit_test(hours_of_the_week_count_from_monday),
    cmocka_unit_test(every_time_has_a_slot),
    cmocka_unit_test(whole_days_and_weeks_are_taken_off_exactly),
    cmocka_unit_test(all_features_at_once_learn_what_each_would_alone),
    cmocka_unit_test(the_global_kind_expects_nothing),
    cmocka_unit_test(a_nightly_job_is_expected_at_night_only),
    cmocka_unit_test(few_visits_say_little),
    cmocka_unit_test(the_hour_of_the_week_knows_sundays),
    cmocka_unit_test(features_do_not_share_their_seasons),
    cmocka_unit_test(one_wild_value_is_bounded_by_the_sd),
    cmocka_unit_test(the_spread_of_an_hour_is_shrunk_to_one_as_its_mean_is_to_none),
    cmocka_unit_test(no_hour_is_narrower_than_a_tenth_of_the_variance),
    cmocka_unit_test(visits_are_days_whatever_the_interval),
    cmocka_unit_test(reset_forgets),
    cmocka_unit_test(only_the_bins_of_its_kind_are_held),
};
EPSILOND_TEST_MAIN(kTests)
