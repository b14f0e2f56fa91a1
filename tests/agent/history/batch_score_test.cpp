#include "agent/history/batch_score.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "agent/history/table_clock.h"
#include "agent/history/table_reader.h"
#include "models/density/product_batch.h"
#include "tests/support/temp_file.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::BatchScorer;
using epsilond::agent::CutForm;
using epsilond::agent::CutSettings;
using epsilond::agent::FeatureTerm;
using epsilond::agent::parse_cut;
using epsilond::agent::RowScore;
using epsilond::agent::RowStatus;
using epsilond::agent::TableClock;
using epsilond::agent::TableReader;
using epsilond::agent::TableRow;
using epsilond::platform::Result;
using epsilond::tests::TempFile;

namespace {

std::unique_ptr<epsilond::models::BatchModel> product_of(std::size_t feature_count) {
  return std::make_unique<epsilond::models::ProductBatch>(feature_count);
}

TableRow row_of(double a, double b) {
  TableRow row;
  row.values.resize(2);
  row.values << a, b;
  row.present.set(0, !std::isnan(a));
  row.present.set(1, !std::isnan(b));
  return row;
}

TableRow timed(double seconds) {
  TableRow row = row_of(seconds, 0.5 * seconds);
  row.has_time = true;
  row.time_s = seconds;
  return row;
}

// The n-th of 101 training rows: 0 .. 100 in the first feature, 7 always in the second.
TableRow training_row(int n) { return row_of(n, 7.0); }

struct Scored {
  RowScore score;
  double cut = 0.0;
  int flagged = 0;  // of the training rows
  std::size_t terms = 0;
  FeatureTerm first;
  std::size_t top = 99;
};

Scored score_against_training(const TableRow& row, const CutSettings& cut) {
  BatchScorer scorer(product_of(2), 2, 1);
  for (int i = 0; i <= 100; ++i) scorer.learn(training_row(i));
  Scored scored;
  if (!scorer.finish_learning()) return scored;
  for (int i = 0; i <= 100; ++i) scorer.calibrate(training_row(i));
  scorer.finish_calibration(cut, std::nullopt);
  for (int i = 0; i <= 100; ++i) scored.flagged += scorer.score(training_row(i)).flagged ? 1 : 0;
  scored.score = scorer.score(row);
  scored.cut = scorer.cut();
  FeatureTerm terms[2];
  scored.terms = scorer.explain(row, terms);
  scored.first = terms[0];
  scored.top = scorer.top_feature(row).value_or(99);
  return scored;
}

CutSettings cut_of(const char* text) { return *parse_cut(text); }

void a_table_scores_as_scipy_says_to_1e_9(void**) {
  struct Comparison {
    std::size_t rows = 0;
    std::size_t unjudged = 0;
    double worst = 0.0;  // relative
  };
  const Comparison comparison = [] {
    Comparison result;
    const std::string directory = EPSILOND_SOURCE_DIR "/tests/golden/";
    Result<TableReader> table = TableReader::open((directory + "score_table.csv").c_str(), {});
    if (!table) return result;
    BatchScorer scorer(product_of(table->feature_count()), table->feature_count(), 1);
    TableRow row;
    while (table->next(row) == RowStatus::kRow) scorer.learn(row);
    if (!scorer.finish_learning()) return result;
    table->rewind();
    while (table->next(row) == RowStatus::kRow) scorer.calibrate(row);
    scorer.finish_calibration(CutSettings(), std::nullopt);
    table->rewind();
    std::ifstream golden(directory + "score_expected.csv");
    std::string line;
    std::getline(golden, line);
    while (std::getline(golden, line) && table->next(row) == RowStatus::kRow) {
      const std::string expected = line.substr(line.find(',') + 1);
      const RowScore score = scorer.score(row);
      ++result.rows;
      if (!score.judged) ++result.unjudged;
      if (score.judged == expected.empty()) result.worst = INFINITY;
      if (!score.judged || expected.empty()) continue;
      const double value = std::strtod(expected.c_str(), nullptr);
      result.worst = std::fmax(result.worst, std::fabs(score.native - value) / std::fabs(value));
    }
    return result;
  }();
  assert_int_equal(comparison.rows, 200);
  assert_int_equal(comparison.unjudged, 1);
  assert_true(comparison.worst <= 1e-9);
}

void epsilon_above_zero_is_a_density_else_a_log_density(void**) {
  assert_near(cut_of("epsilon:8.99e-05").log_epsilon(), std::log(8.99e-05), 0, 1e-15);
  assert_near(cut_of("epsilon:-60").log_epsilon(), -60, 0, 0);
  assert_near(cut_of("epsilon:0").log_epsilon(), 0, 0, 0);
}

void thresholds_outside_their_range_are_refused(void**) {
  for (const char* text : {"", "epsilon", "epsilon:", "epsilon:x", "quantile:0", "quantile:0.51", "contamination:-1",
                           "quantile:nan", "budget:1", "Budget", "mean:3"})
    assert_false(parse_cut(text).operator bool());
}

void a_quantile_cuts_where_numpy_does(void**) {
  // /usr/bin/python3, numpy 1.24.2, scipy 1.10.1:
  // x = numpy.arange(101); numpy.quantile(scipy.stats.norm.logpdf(x, x.mean(), x.std())
  //   + scipy.stats.norm.logpdf(7, 7, 1e-3), 0.05)
  assert_near(score_against_training(training_row(50), cut_of("quantile:0.05")).cut, 0.34196592018355254, 0, 1e-12);
}

void a_quantile_flags_strictly_below_and_so_not_its_ties(void**) {
  // Scores come in pairs (i and 100 - i). The 0.02 quantile of 101 values is the third smallest, one of the second
  // pair: the pair itself is not below it. The 0.05 quantile is the sixth smallest, one of the third pair.
  assert_int_equal(score_against_training(training_row(50), cut_of("quantile:0.02")).flagged, 2);
  assert_int_equal(score_against_training(training_row(50), cut_of("contamination:0.05")).flagged, 4);
}

void epsilon_flags_strictly_below(void**) {
  // Far enough out for a negative log density, which epsilon then stands for.
  const Scored at = score_against_training(row_of(-60, 7), cut_of("epsilon:-1000"));
  CutSettings cut = cut_of("epsilon:-1000");
  cut.epsilon = at.score.native;
  assert_false(score_against_training(row_of(-60, 7), cut).score.flagged);
  assert_true(score_against_training(row_of(-61, 7), cut).score.flagged);
}

void a_row_without_values_is_not_judged(void**) {
  const Scored scored = score_against_training(row_of(NAN, NAN), cut_of("contamination:0.5"));
  assert_false(scored.score.judged);
  assert_false(scored.score.flagged);
  assert_near(scored.score.surprise, 0, 0, 0);
  assert_int_equal(scored.terms, 0);
}

void an_absent_value_is_left_out_of_the_density(void**) {
  const Scored scored = score_against_training(row_of(50, NAN), cut_of("budget"));
  const double variance = (101.0 * 101.0 - 1.0) / 12.0;  // of 0 .. 100, divisor n
  assert_near(scored.score.native, -0.5 * std::log(2.0 * M_PI * variance), 0, 1e-12);
}

void an_absent_value_neither_hides_nor_makes_a_stranger(void**) {
  const double with = score_against_training(row_of(100, 7), cut_of("budget")).score.surprise;
  const double without = score_against_training(row_of(100, NAN), cut_of("budget")).score.surprise;
  assert_true(without > 0.5 * with);
  assert_false(score_against_training(row_of(50, NAN), cut_of("contamination:0.1")).score.flagged);
}

void a_constant_feature_that_moves_is_the_top_feature(void**) {
  const Scored scored = score_against_training(row_of(100, 8), cut_of("budget"));
  assert_int_equal(scored.top, 1);
  assert_int_equal(scored.first.feature, 1);
  assert_near(scored.first.z, 1000, 0, 1e-9);
  assert_true(scored.first.share > 0.99);
}

void surprise_grows_with_strangeness(void**) {
  double last = -1.0;
  for (const double value : {60.0, 90.0, 110.0, 200.0, 1e6}) {
    const double surprise = score_against_training(row_of(value, 7), cut_of("budget")).score.surprise;
    assert_true(surprise > last);
    last = surprise;
  }
}

void without_a_clock_the_budget_is_one_row_in_ten_thousand(void**) {
  assert_near(score_against_training(training_row(1), cut_of("budget")).cut, 4.0, 0, 1e-12);
}

double budget_cut(double step_s, double per_week) {
  BatchScorer scorer(product_of(2), 2, 1);
  for (int i = 0; i < 20; ++i) scorer.learn(training_row(i));
  if (!scorer.finish_learning()) return NAN;
  for (int i = 0; i < 20; ++i) scorer.calibrate(training_row(i));
  CutSettings cut;
  cut.false_alarms_per_week = per_week;
  scorer.finish_calibration(cut, step_s);
  return scorer.cut();
}

void the_budget_follows_the_time_step(void**) {
  assert_near(budget_cut(60.0, 0.5), -std::log10(0.5 * 60.0 / 604800.0), 0, 1e-12);
  assert_near(budget_cut(1.0, 2.0), -std::log10(2.0 / 604800.0), 0, 1e-12);
  assert_near(budget_cut(604800.0, 5.0), 0.0, 0, 0);  // more than every row: flags all, never a negative cut
}

double step_of(const char* time_name, double first, double step) {
  TableClock clock;
  for (int i = 0; i < 10; ++i) clock.add(timed(first + step * (i == 7 ? 40 : i)));
  return clock.step_s(time_name).value_or(-1.0);
}

void the_step_is_the_median_and_a_count_of_rows_is_no_clock(void**) {
  assert_near(step_of("timestamp", 1700000000.0, 60.0), 60.0, 0, 0);
  assert_near(step_of("t", 0.0, 10.0), 10.0, 0, 0);
  assert_near(step_of("t", 1700000000.0, 1.0), 1.0, 0, 0);
  assert_near(step_of("timestamp", 0.0, 1.0), 1.0, 0, 0);
  assert_near(step_of("t", 0.0, 1.0), -1.0, 0, 0);
  assert_near(step_of("t", 1.0, 1.0), -1.0, 0, 0);
}

bool learns(int rows) {
  BatchScorer scorer(product_of(2), 2, 1);
  scorer.learn(row_of(NAN, NAN));
  for (int i = 0; i < rows; ++i) scorer.learn(training_row(i));
  return scorer.finish_learning().operator bool();
}

void two_rows_with_values_are_needed_to_learn(void**) {
  assert_false(learns(1));
  assert_true(learns(2));
}

// Twenty labelled rows of the first feature: 50 + i, an anomaly where `is_anomaly` says so.
template <typename IsAnomaly>
Scored select_by_labels(double value, IsAnomaly is_anomaly) {
  BatchScorer scorer(product_of(2), 2, 1);
  for (int i = 0; i <= 100; ++i) scorer.learn(training_row(i));
  Scored scored;
  if (!scorer.finish_learning()) return scored;
  for (int i = 0; i <= 100; ++i) scorer.calibrate(training_row(i));
  scorer.finish_calibration(cut_of("select-epsilon"), std::nullopt);
  for (int i = 0; i < 20; ++i) {
    TableRow row = training_row(50 + i);
    row.label = is_anomaly(i) ? 1 : 0;
    scorer.select(row);
  }
  scorer.select(training_row(1000));  // without a label: does not count
  if (!scorer.finish_selection()) return scored;
  scored.terms = 1;
  scored.cut = scorer.cut();
  scored.score = scorer.score(row_of(value, 7));
  return scored;
}

void the_selected_cut_lies_between_the_labels_it_separates(void**) {
  const auto from_15 = [](int i) { return i >= 15; };
  assert_false(select_by_labels(64, from_15).score.flagged);
  assert_true(select_by_labels(65, from_15).score.flagged);
}

void the_selected_cut_has_the_best_f1_when_labels_overlap(void**) {
  // Flagging the top n: F1 = 2 hits / (n + 3); anomalies are 19, 17 and 10: best is the top 3 (2 hits, 4 / 6).
  const auto overlapping = [](int i) { return i == 19 || i == 17 || i == 10; };
  assert_true(select_by_labels(67, overlapping).score.flagged);
  assert_false(select_by_labels(66, overlapping).score.flagged);
}

void selecting_needs_both_labels(void**) {
  assert_int_equal(select_by_labels(60, [](int) { return false; }).terms, 0);
  assert_int_equal(select_by_labels(60, [](int) { return true; }).terms, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_table_scores_as_scipy_says_to_1e_9),
    cmocka_unit_test(epsilon_above_zero_is_a_density_else_a_log_density),
    cmocka_unit_test(thresholds_outside_their_range_are_refused),
    cmocka_unit_test(a_quantile_cuts_where_numpy_does),
    cmocka_unit_test(a_quantile_flags_strictly_below_and_so_not_its_ties),
    cmocka_unit_test(epsilon_flags_strictly_below),
    cmocka_unit_test(a_row_without_values_is_not_judged),
    cmocka_unit_test(an_absent_value_is_left_out_of_the_density),
    cmocka_unit_test(an_absent_value_neither_hides_nor_makes_a_stranger),
    cmocka_unit_test(a_constant_feature_that_moves_is_the_top_feature),
    cmocka_unit_test(surprise_grows_with_strangeness),
    cmocka_unit_test(without_a_clock_the_budget_is_one_row_in_ten_thousand),
    cmocka_unit_test(the_budget_follows_the_time_step),
    cmocka_unit_test(the_step_is_the_median_and_a_count_of_rows_is_no_clock),
    cmocka_unit_test(two_rows_with_values_are_needed_to_learn),
    cmocka_unit_test(the_selected_cut_lies_between_the_labels_it_separates),
    cmocka_unit_test(the_selected_cut_has_the_best_f1_when_labels_overlap),
    cmocka_unit_test(selecting_needs_both_labels),
};
EPSILOND_TEST_MAIN(kTests)
