#include "models/decision/threshold.h"

#include <algorithm>
#include <numbers>

#include "models/complete_score.h"
#include "models/elementary.h"
#include "models/learning_time.h"

namespace epsilond::models {
namespace {

constexpr double kWeekS = 604800.0;
// C: false alarms allowed per unit of ln(age), of a model that is young. Who looks each second wants to know within
// seconds; with rows a minute apart the allowance finds little.
constexpr double kYoungAllowance = 0.4;
constexpr double kYoungSparseAllowance = 0.07;
constexpr double kYoungFromS = 1800.0;  // g: what is learned sooner is believed as if it were as old
constexpr double kYoungForS = 21600.0;  // f
constexpr double kBeyondRoutine = 0.5;  // no night is like the other
constexpr double kLargestTailProbability = 0.05;
constexpr double kQuantileWarmUp = 2.0;  // the quantile is used once this many values should lie below it

}  // namespace

Threshold::Threshold(const ThresholdSettings& settings) : settings_(settings), quantile_(settings.quantile) {}

double Threshold::budget_cut(double learned_s) const {
  const double allowance = rows_are_dense(settings_.interval_s) ? kYoungAllowance : kYoungSparseAllowance;
  const double rate_per_s =
      settings_.false_alarms_per_week / kWeekS + allowance / ((learned_s + kYoungFromS) * (1.0 + learned_s / kYoungForS));
  const double rate = std::min(rate_per_s * settings_.interval_s / kDeclusteringFactor, kLargestTailProbability);
  return -models::log(rate) / std::numbers::ln10;  // a third of the cost of log10(), once a row
}

Verdict Threshold::judge(const Score& score, double learned_s) const {
  Verdict verdict;
  switch (settings_.form) {
    case ThresholdForm::kBudget:
      verdict.threshold = std::max(budget_cut(learned_s) + score.habituation,
                                   score.routine > 0.0 ? score.routine + kBeyondRoutine : 0.0);
      verdict.judged = score.status == ScoreStatus::kScored && score.features_used > 0;
      verdict.strange = verdict.judged && score.surprise >= verdict.threshold;
      return verdict;
    case ThresholdForm::kEpsilon:
      verdict.threshold = settings_.epsilon;
      verdict.judged = is_complete(score);
      break;
    case ThresholdForm::kQuantile:
      verdict.threshold = oriented(quantile_.value());
      verdict.judged =
          is_complete(score) && static_cast<double>(quantile_.count()) * settings_.quantile >= kQuantileWarmUp;
      break;
  }
  verdict.strange = verdict.judged && oriented(score.log_density) < oriented(verdict.threshold);
  return verdict;
}

void Threshold::learn(const Score& score) {
  if (settings_.form != ThresholdForm::kQuantile || !is_complete(score)) return;
  quantile_.add(oriented(score.log_density));
}

void Threshold::reset() { quantile_.reset(); }

}  // namespace epsilond::models
