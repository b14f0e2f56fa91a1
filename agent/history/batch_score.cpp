#include "agent/history/batch_score.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "models/elementary.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

constexpr double kSecondsPerWeek = 604800.0;

// The value above which `share` of the ascending values lie, by linear interpolation between order statistics (numpy's
// default, Hyndman and Fan type 7). Counted from the top, so that it equals minus the quantile of the negated values.
double upper_quantile(std::span<const double> ascending, double share) {
  const std::size_t last = ascending.size() - 1;
  const double position = share * static_cast<double>(last);
  const auto from_top = std::min(static_cast<std::size_t>(position), last);
  const double high = ascending[last - from_top];
  const double low = ascending[last - std::min(from_top + 1, last)];
  const double part = position - static_cast<double>(from_top);
  return part < 0.5 ? high - (high - low) * part : low + (high - low) * (1.0 - part);
}

}  // namespace

BatchScorer::BatchScorer(std::unique_ptr<models::BatchModel> model, std::size_t feature_count, std::uint64_t seed)
    : model_(std::move(model)), feature_count_(feature_count), training_scores_(1, seed, kMaxKeptScores) {
  observation_.values.setZero(static_cast<Eigen::Index>(feature_count));
}

models::Observation& BatchScorer::observe(const TableRow& row) const {
  observation_.values = row.values;
  observation_.present = row.present;
  observation_.local_time_s = row.has_time ? row.time_s : std::numeric_limits<double>::quiet_NaN();
  return observation_;
}

models::BatchScore BatchScorer::judge(const TableRow& row) { return model_->score(observe(row)); }

void BatchScorer::learn(const TableRow& row) {
  seen_ |= row.present;
  model_->learn(observe(row));
}

Result<void> BatchScorer::finish_learning() {
  switch (model_->fit()) {
    case models::FitStatus::kFitted:
      return {};
    case models::FitStatus::kTooFewRows:
      return make_error(ErrorCode::kMalformed, 0, "%llu training rows can be used, which is too few for this model",
                        static_cast<unsigned long long>(model_->training_rows()));
    case models::FitStatus::kDegenerate:
      return make_error(ErrorCode::kMalformed, 0, "the training rows are too much alike to carry this model");
  }
  return make_error(ErrorCode::kMalformed, 0, "the model cannot be fitted");
}

void BatchScorer::calibrate(const TableRow& row) {
  if (const models::BatchScore score = judge(row); score.judged) training_scores_.add(std::span(&score.strangeness, 1));
}

void BatchScorer::finish_calibration(const CutSettings& cut, std::optional<double> step_s) {
  tail_.emplace(training_scores_.values());
  form_ = cut.form;
  switch (cut.form) {
    case CutForm::kBudget: {
      const double rate = step_s ? cut.false_alarms_per_week * *step_s / kSecondsPerWeek : kDefaultFalseAlarmsPerRow;
      cut_ = std::max(0.0, -models::log10(rate));
      return;
    }
    case CutForm::kQuantile:
    case CutForm::kContamination:
      if (tail_->count() > 0) strangeness_cut_ = upper_quantile(training_scores_.values().first(tail_->count()), cut.share);
      break;
    case CutForm::kEpsilon:
      strangeness_cut_ = model_->native_is_log_density() ? -cut.log_epsilon() : cut.epsilon;
      break;
    case CutForm::kSelect:
      return;
  }
  cut_ = oriented(strangeness_cut_);
}

void BatchScorer::select(const TableRow& row) {
  const models::BatchScore score = judge(row);
  if (score.judged && row.label >= 0 && labelled_.size() < kMaxKeptScores)
    labelled_.push_back({score.strangeness, row.label == 1});
}

Result<void> BatchScorer::finish_selection() {
  const auto anomalies = static_cast<std::size_t>(
      std::count_if(labelled_.begin(), labelled_.end(), [](const LabelledScore& one) { return one.anomaly; }));
  if (anomalies == 0 || anomalies == labelled_.size())
    return make_error(ErrorCode::kMalformed, 0,
                      "select-epsilon needs rows with label 0 and rows with label 1: %zu of %zu labelled rows have 1",
                      anomalies, labelled_.size());
  std::sort(labelled_.begin(), labelled_.end(),
            [](const LabelledScore& a, const LabelledScore& b) { return a.strangeness > b.strangeness; });
  double best = -1.0;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < labelled_.size(); ++i) {
    hits += labelled_[i].anomaly ? 1U : 0U;
    const bool is_last = i + 1 == labelled_.size();
    if (!is_last && labelled_[i + 1].strangeness == labelled_[i].strangeness) continue;  // no cut lies between equals
    const double f1 = 2.0 * static_cast<double>(hits) / static_cast<double>(i + 1 + anomalies);
    if (f1 <= best) continue;
    best = f1;
    strangeness_cut_ = is_last ? std::nextafter(labelled_[i].strangeness, -HUGE_VAL)
                               : std::midpoint(labelled_[i].strangeness, labelled_[i + 1].strangeness);
  }
  cut_ = oriented(strangeness_cut_);
  return {};
}

RowScore BatchScorer::score(const TableRow& row) {
  RowScore result;
  const models::BatchScore score = judge(row);
  if (!score.judged) return result;
  result.judged = true;
  result.native = score.native;
  result.surprise = model_->surprise(score.strangeness).value_or(tail_->surprise(score.strangeness));
  result.told = score.told;
  result.flagged = form_ == CutForm::kBudget ? result.surprise >= cut_ : score.strangeness > strangeness_cut_;
  return result;
}

const models::FeatureParts& BatchScorer::parts(const TableRow& row) const {
  model_->explain(observe(row), parts_);
  return parts_;
}

std::size_t BatchScorer::explain(const TableRow& row, std::span<FeatureTerm> out) const {
  const models::FeatureParts& told = parts(row);
  std::size_t count = 0;
  for (std::size_t i = 0; i < feature_count_ && count < out.size(); ++i) {
    if (!row.present[i] || !seen_[i]) continue;
    const auto at = static_cast<Eigen::Index>(i);
    FeatureTerm& term = out[count++];
    term = {.feature = i, .value = row.values[at], .mean = told.mean[at], .sd = told.sd[at]};
    term.z = (term.value - term.mean) / term.sd;
    term.share = told.share[at];
  }
  std::stable_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count),
                   [](const FeatureTerm& a, const FeatureTerm& b) { return a.share > b.share; });
  return count;
}

std::optional<std::size_t> BatchScorer::top_feature(const TableRow& row) const {
  const models::FeatureVector& share = parts(row).share;
  std::optional<std::size_t> top;
  for (std::size_t i = 0; i < feature_count_; ++i) {
    if (!row.present[i] || !seen_[i]) continue;
    if (!top || share[static_cast<Eigen::Index>(i)] > share[static_cast<Eigen::Index>(*top)]) top = i;
  }
  return top;
}

}  // namespace epsilond::agent
