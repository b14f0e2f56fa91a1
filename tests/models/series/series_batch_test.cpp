#include "models/series/series_batch.h"

#include <cmath>
#include <vector>

#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BatchScore;
using epsilond::models::FeatureParts;
using epsilond::models::FitStatus;
using epsilond::models::Observation;
using epsilond::models::SeriesBatch;

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
  explicit Bed(bool silent_opening = true)
      : table(epsilond::tests::read_golden("series_daily.csv")), model({.silent_opening = silent_opening}) {
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
  double worst = 0.0;  // from the golden scores
  double silent = 0.0;
  int unjudged = 0;
  bool same_again = true;  // in a second pass
};

// An hour from 20 h and from 28 h on.
bool opens(std::size_t row) { return (row >= 240 && row < 252) || (row >= 336 && row < 348); }

Comparison compare(bool silent_opening) {
  Comparison comparison;
  Bed bed(silent_opening);
  std::vector<double> first;
  for (int pass = 0; pass < 2; ++pass) {
    bed.model.begin_pass();
    for (std::size_t i = 0; i < bed.table.size(); ++i) {
      const BatchScore score = bed.score(i);
      if (!score.judged || score.strangeness != score.native) ++comparison.unjudged;
      if (pass == 0) first.push_back(score.native);
      comparison.same_again = comparison.same_again && first[i] == score.native;
      if (i < 100 || (silent_opening && opens(i)))
        comparison.silent = std::fmax(comparison.silent, score.native);
      else
        comparison.worst = std::fmax(comparison.worst, std::fabs(score.native - bed.table[i][2]));
    }
  }
  return comparison;
}

void a_pass_gives_the_golden_scores_after_a_silent_start_and_so_does_the_next(void**) {
  for (const bool silent_opening : {false, true}) {
    const Comparison comparison = compare(silent_opening);
    assert_near(comparison.worst, 0.0, 1e-10, 0);
    assert_near(comparison.silent, 0.0, 0, 0);
    assert_int_equal(comparison.unjudged, 0);
    assert_true(comparison.same_again);
  }
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
    cmocka_unit_test(the_interval_is_the_median_step_forward),
    cmocka_unit_test(without_a_clock_it_is_five_minutes),
    cmocka_unit_test(two_training_rows_are_needed),
    cmocka_unit_test(an_absent_value_is_not_judged_and_changes_nothing),
    cmocka_unit_test(a_strange_row_is_explained_by_what_was_expected),
};
EPSILOND_TEST_MAIN(kTests)
