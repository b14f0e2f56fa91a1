#include "models/series/series_batch.h"

#include <algorithm>
#include <cmath>

#include "models/series/series_surprise.h"

namespace epsilond::models {
namespace {

constexpr std::size_t kMostSteps = 65536;  // the median of so many is that of the table

}  // namespace

SeriesBatch::SeriesBatch(const SeriesBatchSettings& settings)
    : interval_s_(settings.interval_s),
      opening_limit_(settings.opening_limit),
      alert_score_(settings.hold_off.threshold),
      steps_s_(1, settings.seed, kMostSteps),
      hold_off_(settings.hold_off) {}

void SeriesBatch::learn(const Observation& row) {
  if (!row.present[0]) return;
  const double step_s = row.local_time_s - last_time_s_;
  if (training_rows_ > 0 && step_s > 0.0) steps_s_.add({&step_s, 1});
  last_time_s_ = row.local_time_s;
  ++training_rows_;
}

FitStatus SeriesBatch::fit() {
  if (training_rows_ < kFewestTrainingRows) return FitStatus::kTooFewRows;
  if (!(interval_s_ > 0.0)) {
    interval_s_ = kDefaultIntervalS;
    const std::span<double> steps_s = steps_s_.values();
    if (!steps_s.empty()) {
      const auto middle = steps_s.begin() + static_cast<std::ptrdiff_t>(steps_s.size() / 2);
      std::nth_element(steps_s.begin(), middle, steps_s.end());
      interval_s_ = *middle;
    }
  }
  ensemble_.emplace(interval_s_);
  return FitStatus::kFitted;
}

void SeriesBatch::begin_pass() {
  if (ensemble_) ensemble_->reset();
  hold_off_.reset();
}

BatchScore SeriesBatch::score(const Observation& row) {
  BatchScore score;
  if (!row.present[0]) return score;
  expected_ = ensemble_->expectation(row.local_time_s);
  const bool silent = ensemble_->learned() < SeriesEnsemble::kSilentValues;
  const double most = silent ? 0.0 : ensemble_->opening() ? opening_limit_ : HUGE_VAL;
  last_score_ = std::min(ensemble_->push(row.local_time_s, row.values[0]), most);
  score.judged = true;
  score.native = score.strangeness = last_score_;
  score.told = told_surprise(last_score_);
  return score;
}

double SeriesBatch::told_surprise(double score) {
  const bool held = hold_off_.silent();
  if (hold_off_.advance(score)) return std::max(1.0, series_surprise(score));
  return held ? 0.0 : score / alert_score_;
}

std::optional<double> SeriesBatch::surprise(double strangeness) const { return series_surprise(strangeness); }

void SeriesBatch::explain(const Observation& row, FeatureParts& parts) const {
  parts.mean = parts.share = FeatureVector::Zero(1);
  parts.sd = FeatureVector::Ones(1);
  if (!row.present[0]) return;
  parts.mean[0] = expected_.mean;
  parts.sd[0] = expected_.sd;
  parts.share[0] = last_score_ > 0.0 ? 1.0 : 0.0;
}

}  // namespace epsilond::models
