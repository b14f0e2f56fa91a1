#include "models/decision/threshold.h"

#include <cmath>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Score;
using epsilond::models::ScoreStatus;
using epsilond::models::Threshold;
using epsilond::models::ThresholdForm;
using epsilond::models::ThresholdSettings;
using epsilond::models::Verdict;
using epsilond::tests::Rng;

namespace {

constexpr double kWeek = 604800.0;

Score scored(double surprise, double log_density = 0.0, std::size_t features_used = 3) {
  Score score;
  score.status = ScoreStatus::kScored;
  score.surprise = surprise;
  score.log_density = log_density;
  score.features_used = features_used;
  score.features_known = 3;
  return score;
}

Threshold make(ThresholdForm form) {
  ThresholdSettings settings;
  settings.form = form;
  settings.epsilon = -60.0;
  settings.quantile = 0.01;
  return Threshold(settings);
}

Threshold budget(double knob, double interval_s = 1.0) {
  ThresholdSettings settings;
  settings.false_alarms_per_week = knob;
  settings.interval_s = interval_s;
  return Threshold(settings);
}

double budget_cut(double knob, double learned_s, double interval_s = 1.0) {
  return budget(knob, interval_s).judge(scored(0.0), learned_s).threshold;
}

void an_old_model_is_held_to_the_knob(void**) {
  assert_near(budget_cut(0.5, 1e12), -std::log10(0.5 / kWeek / 3.0), 1e-5, 0);
}

void a_young_model_states_its_allowance(void**) {
  assert_near(budget_cut(0.5, 900.0), -std::log10((0.5 / kWeek + 0.4 / 2700.0 / (1.0 + 0.25 / 6.0)) / 3.0), 1e-9, 0);
  assert_near(budget_cut(0.5, 0.0), -std::log10((0.5 / kWeek + 0.4 / 1800.0) / 3.0), 1e-9, 0);
}

void where_rows_are_sparse_it_allows_a_sixth(void**) {
  const double rate_per_s = 0.5 / kWeek + 0.07 / 2700.0 / (1.0 + 0.25 / 6.0);
  assert_near(budget_cut(0.5, 900.0, 10.0), -std::log10(rate_per_s * 10.0 / 3.0), 1e-9, 0);
}

// What is tolerated beyond the knob, added up over the seconds of an age, is what the header says: about one alarm, and
// that on the first day.
void the_allowance_is_one_alarm_and_of_the_first_day(void**) {
  constexpr double kHardlyAny = 1e-3;  // the knob
  const auto allowed = [](double from_s, double to_s) {
    double alarms = 0.0;
    for (double age_s = from_s + 15.0; age_s < to_s; age_s += 30.0)
      alarms += 30.0 * (3.0 * std::pow(10.0, -budget_cut(kHardlyAny, age_s)) - kHardlyAny / kWeek);
    return alarms;
  };
  const auto from_then_on = [](double hours) { return 0.4 / (1.0 - 0.5 / 6.0) * std::log((6.0 + hours) / (0.5 + hours)); };
  assert_near(from_then_on(0.25), 0.93, 0.005, 0);
  assert_near(allowed(900.0, 86400.0), from_then_on(0.25) - from_then_on(24.0), 0.001, 0);
  assert_near(allowed(86400.0, 8.0 * kWeek), from_then_on(24.0) - from_then_on(8.0 * 168.0), 0.001, 0);
}

void a_longer_interval_spends_more_budget_per_sample(void**) {
  assert_near(budget_cut(0.5, 1e12) - budget_cut(0.5, 1e12, 10.0), 1.0, 1e-5, 0);
}

void long_intervals_never_call_the_everyday_strange(void**) {
  assert_near(budget_cut(100.0, 7200.0, 3600.0), -std::log10(0.05), 1e-9, 0);
}

void a_surprise_at_the_cut_is_strange(void**) {
  const double cut = budget_cut(2.0, 1e5);
  assert_true(budget(2.0).judge(scored(cut), 1e5).strange);
  assert_false(budget(2.0).judge(scored(cut - 1e-9), 1e5).strange);
}

void a_log_density_below_log_epsilon_is_strange(void**) {
  const Threshold threshold = make(ThresholdForm::kEpsilon);
  assert_true(threshold.judge(scored(0.0, -60.001), 1e6).strange);
  assert_false(threshold.judge(scored(9.0, -60.0), 1e6).strange);
  assert_near(threshold.judge(scored(0.0), 1e6).threshold, -60.0, 0, 0);
}

void fewer_features_are_not_judged_by_a_density(void**) {
  const Verdict verdict = make(ThresholdForm::kEpsilon).judge(scored(0.0, -1e9, 2), 1e6);
  assert_false(verdict.judged);
  assert_false(verdict.strange);
}

void fewer_features_are_judged_by_the_budget_if_there_is_one(void**) {
  assert_true(budget(0.5).judge(scored(9.0, 0.0, 1), 1e6).strange);
  assert_false(budget(0.5).judge(scored(9.0, 0.0, 0), 1e6).judged);
}

void learning_and_non_finite_scores_are_never_judged(void**) {
  for (const ScoreStatus status : {ScoreStatus::kLearning, ScoreStatus::kNonFinite})
    for (const ThresholdForm form : {ThresholdForm::kBudget, ThresholdForm::kEpsilon, ThresholdForm::kQuantile}) {
      Score score = scored(99.0, -1e9);
      score.status = status;
      const Verdict verdict = make(form).judge(score, 1e6);
      assert_false(verdict.judged || verdict.strange);
    }
}

void the_quantile_abstains_until_two_values_should_lie_below(void**) {
  Threshold threshold = make(ThresholdForm::kQuantile);
  for (int i = 0; i < 199; ++i) threshold.learn(scored(0.0, i));
  assert_false(threshold.judge(scored(0.0, -1e9), 1e6).judged);
  threshold.learn(scored(0.0, 199));
  assert_true(threshold.judge(scored(0.0, -1e9), 1e6).strange);
}

void the_quantile_calls_its_share_strange(void**) {
  Threshold threshold = make(ThresholdForm::kQuantile);
  Rng rng(epsilond::tests::test_seed());
  int strange = 0;
  for (int i = 0; i < 20000; ++i) {
    const Score score = scored(0.0, -10.0 * rng.uniform());
    if (i >= 10000) strange += threshold.judge(score, 1e6).strange ? 1 : 0;
    threshold.learn(score);
  }
  assert_near(strange, 100.0, 50.0, 0);
}

void incomplete_scores_do_not_move_the_quantile(void**) {
  Threshold threshold = make(ThresholdForm::kQuantile);
  for (int i = 0; i < 300; ++i) threshold.learn(scored(0.0, -5.0));
  for (int i = 0; i < 300; ++i) threshold.learn(scored(0.0, -100.0, 2));
  assert_near(threshold.judge(scored(0.0), 1e6).threshold, -5.0, 1e-9, 0);
}

void reset_makes_the_quantile_abstain_again(void**) {
  Threshold threshold = make(ThresholdForm::kQuantile);
  for (int i = 0; i < 300; ++i) threshold.learn(scored(0.0, -5.0));
  threshold.reset();
  assert_false(threshold.judge(scored(0.0, -1e9), 1e6).judged);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(an_old_model_is_held_to_the_knob),
    cmocka_unit_test(a_young_model_states_its_allowance),
    cmocka_unit_test(where_rows_are_sparse_it_allows_a_sixth),
    cmocka_unit_test(the_allowance_is_one_alarm_and_of_the_first_day),
    cmocka_unit_test(a_longer_interval_spends_more_budget_per_sample),
    cmocka_unit_test(long_intervals_never_call_the_everyday_strange),
    cmocka_unit_test(a_surprise_at_the_cut_is_strange),
    cmocka_unit_test(a_log_density_below_log_epsilon_is_strange),
    cmocka_unit_test(fewer_features_are_not_judged_by_a_density),
    cmocka_unit_test(fewer_features_are_judged_by_the_budget_if_there_is_one),
    cmocka_unit_test(learning_and_non_finite_scores_are_never_judged),
    cmocka_unit_test(the_quantile_abstains_until_two_values_should_lie_below),
    cmocka_unit_test(the_quantile_calls_its_share_strange),
    cmocka_unit_test(incomplete_scores_do_not_move_the_quantile),
    cmocka_unit_test(reset_makes_the_quantile_abstain_again),
};
EPSILOND_TEST_MAIN(kTests)
