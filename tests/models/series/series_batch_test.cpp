#include "models/series/series_batch.h"

#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "models/series/series_surprise.h"
#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BatchScore;
using epsilond::models::FeatureParts;
using epsilond::models::FitStatus;
using epsilond::models::HoldOff;
using epsilond::models::HoldOffSettings;
using epsilond::models::Observation;
using epsilond::models::series_surprise;
using epsilond::models::SeriesBatch;
using epsilond::models::SeriesBatchSettings;

namespace {

Observation row_of(double time_s, double value) {
  Observation row;
  row.values.resize(1);
  row.values[0] = std::isnan(value) ? 0.0 : value;
  row.present.set(0, !std::isnan(value));
  row.local_time_s = time_s;
  return row;
}

// Fitted to the golden table, whose rows are five minutes apart.
struct Bed {
  explicit Bed(const SeriesBatchSettings& settings = SeriesBatchSettings())
      : table(epsilond::tests::read_golden("series_daily.csv")), model(settings) {
    for (const std::vector<double>& row : table) model.learn(row_of(row[0], row[1]));
    status = model.fit();
    model.begin_pass();
  }
  BatchScore score(std::size_t i) { return model.score(row_of(table[i][0], table[i][1])); }
  std::vector<std::vector<double>> table;
  SeriesBatch model;
  FitStatus status;
};

struct Comparison {
  double worst = 0.0;    // from the golden scores
  double loudest = 0.0;  // of the first hundred rows
  int unjudged = 0;
  bool same_again = true;  // in a second pass
};

// The ensemble is opening(): an hour from 20 h and from 28 h on.
bool opens(std::size_t row) { return (row >= 240 && row < 252) || (row >= 336 && row < 348); }

Comparison compare(double opening_limit) {
  Comparison comparison;
  Bed bed({.opening_limit = opening_limit});
  std::vector<double> first;
  for (int pass = 0; pass < 2; ++pass) {
    bed.model.begin_pass();
    for (std::size_t i = 0; i < bed.table.size(); ++i) {
      const BatchScore score = bed.score(i);
      if (!score.judged || score.strangeness != score.native) ++comparison.unjudged;
      if (pass == 0) first.push_back(score.native);
      comparison.same_again = comparison.same_again && first[i] == score.native;
      const double golden = opens(i) ? std::fmin(bed.table[i][2], opening_limit) : bed.table[i][2];
      if (i < 100)
        comparison.loudest = std::fmax(comparison.loudest, score.native);
      else
        comparison.worst = std::fmax(comparison.worst, std::fabs(score.native - golden));
    }
  }
  return comparison;
}

void a_pass_gives_the_golden_scores_after_a_silent_start_and_so_does_the_next(void**) {
  for (const double opening_limit : {0.0, 1.15, HUGE_VAL}) {
    const Comparison comparison = compare(opening_limit);
    assert_near(comparison.worst, 0.0, 1e-10, 0);
    assert_near(comparison.loudest, 0.0, 0, 0);
    assert_int_equal(comparison.unjudged, 0);
    assert_true(comparison.same_again);
  }
}

// What is told of the golden table: alerts, and what a hold-off of its own says they should be.
struct Told {
  std::vector<std::size_t> alerts;
  std::vector<std::size_t> expected;
  int wrong = 0;  // rows told with anything else than they should be
};

Told told(const HoldOffSettings& settings) {
  Told told;
  Bed bed({.hold_off = settings, .opening_limit = settings.threshold});
  HoldOff hold_off(settings);
  for (std::size_t i = 0; i < bed.table.size(); ++i) {
    const BatchScore score = bed.score(i);
    const bool silent = hold_off.silent();
    const bool alert = hold_off.advance(score.native);
    double expected = silent ? 0.0 : score.native / settings.threshold;
    if (alert) expected = std::fmax(1.0, series_surprise(score.native));
    if (alert) told.expected.push_back(i);
    if (*score.told >= 1.0) told.alerts.push_back(i);
    if (*score.told != expected) ++told.wrong;
  }
  return told;
}

// The step at row 1100 lasts 72 rows: one incident, told once, then a silence of 4 % of its age.
void an_incident_is_told_once(void**) {
  const auto [count, in_step] = [] {
    const Told once = told({.threshold = 0.5});
    std::size_t within = 0;
    for (const std::size_t row : once.alerts) within += row >= 1100 && row < 1100 + 44 ? 1 : 0;
    return std::pair(once.wrong == 0 && once.alerts == once.expected ? once.alerts.size() : 0, within);
  }();
  assert_true(count > 1);
  assert_int_equal(in_step, 1);
}

void escalation_tells_more_and_a_higher_alert_score_less(void**) {
  const auto [louder, once, fewer, wrong] = [] {
    const Told a = told({.threshold = 0.5, .escalation = 1.2});
    const Told b = told({.threshold = 0.5});
    const Told c = told({});
    return std::tuple(a.alerts.size(), b.alerts.size(), c.alerts.size(), a.wrong + b.wrong + c.wrong);
  }();
  assert_true(louder > once && once > fewer && fewer > 0);
  assert_int_equal(wrong, 0);
}

void the_first_hours_of_the_window_differences_are_bare_alerts(void**) {
  const double loudest = [] {
    Bed bed;
    double most = 0.0;
    for (std::size_t i = 0; i < 360; ++i) {
      const BatchScore score = bed.score(i);
      if (opens(i)) most = std::fmax(most, score.native);
    }
    return most;
  }();
  assert_near(loudest, HoldOffSettings().threshold, 0, 0);
}

void surprise_is_a_fixed_line_that_never_falls(void**) {
  // Python: max(0, 3.1 + 2.65 * math.log10(s / 1.15))
  assert_near(series_surprise(1.15), 3.1, 1e-12, 0);
  assert_near(series_surprise(3.0), 4.203522048070035, 1e-12, 0);
  assert_near(series_surprise(0.01), 0.0, 0, 0);
  assert_near(series_surprise(0.0), 0.0, 0, 0);
  assert_near(series_surprise(NAN), 0.0, 0, 0);
  assert_true(std::isfinite(series_surprise(1e300)));
  for (double score = 0.0; score < 10.0; score += 0.01)
    assert_true(series_surprise(score) <= series_surprise(score + 0.01));
}

double interval_of(const std::vector<double>& times_s, double setting = 0.0) {
  SeriesBatch model({.interval_s = setting});
  for (const double time_s : times_s) model.learn(row_of(time_s, 1.0));
  return model.fit() == FitStatus::kFitted ? model.interval_s() : -1.0;
}

void the_interval_is_the_median_step_forward(void**) {
  assert_near(interval_of({0, 60, 120, 180, 100000, 100060}), 60.0, 0, 0);
  assert_near(interval_of({0, 60, 60, 60, 60, 20, 80, 140}), 60.0, 0, 0);
  assert_near(interval_of({0, 60, 120}, 900.0), 900.0, 0, 0);
}

void without_a_clock_it_is_five_minutes(void**) { assert_near(interval_of({0, 0, 0, 0}), 300.0, 0, 0); }

void two_training_rows_are_needed(void**) {
  assert_near(interval_of({5}), -1.0, 0, 0);
  assert_near(interval_of({}), -1.0, 0, 0);
}

void an_absent_value_is_not_judged_and_changes_nothing(void**) {
  const bool same = [] {
    Bed plain;
    Bed gappy;
    for (std::size_t i = 0; i < 400; ++i) {
      if (i % 50 == 7 && gappy.model.score(row_of(gappy.table[i][0], NAN)).judged) return false;
      if (plain.score(i).native != gappy.score(i).native) return false;
    }
    return true;
  }();
  assert_true(same);
}

void a_strange_row_is_explained_by_what_was_expected(void**) {
  const FeatureParts parts = [] {
    Bed bed;
    for (std::size_t i = 0; i < 1000; ++i) bed.score(i);
    const Observation spike = row_of(bed.table[1000][0], 1000.0);
    FeatureParts result;
    bed.model.score(spike);
    bed.model.explain(spike, result);
    return result;
  }();
  assert_near(parts.share[0], 1.0, 0, 0);
  assert_true(parts.mean[0] > 0.0 && parts.mean[0] < 100.0);
  assert_true(parts.sd[0] > 0.5 && parts.sd[0] < 50.0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_pass_gives_the_golden_scores_after_a_silent_start_and_so_does_the_next),
    cmocka_unit_test(an_incident_is_told_once),
    cmocka_unit_test(escalation_tells_more_and_a_higher_alert_score_less),
    cmocka_unit_test(the_first_hours_of_the_window_differences_are_bare_alerts),
    cmocka_unit_test(surprise_is_a_fixed_line_that_never_falls),
    cmocka_unit_test(the_interval_is_the_median_step_forward),
    cmocka_unit_test(without_a_clock_it_is_five_minutes),
    cmocka_unit_test(two_training_rows_are_needed),
    cmocka_unit_test(an_absent_value_is_not_judged_and_changes_nothing),
    cmocka_unit_test(a_strange_row_is_explained_by_what_was_expected),
};
EPSILOND_TEST_MAIN(kTests)
