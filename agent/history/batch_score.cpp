#include "agent/history/batch_score.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "agent/history/cell.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

constexpr std::size_t kMaxSteps = 65536;  // the median of so many is that of the table
constexpr double kSecondsPerWeek = 604800.0;
constexpr std::size_t kFewestTrainingRows = 2;

// The quantile at `share` by linear interpolation between order statistics (numpy's default, Hyndman and Fan type 7).
// `minus_ascending`: minus the values, ascending; not empty.
double lower_quantile(std::span<const double> minus_ascending, double share) {
  const std::size_t last = minus_ascending.size() - 1;
  const double position = share * static_cast<double>(last);
  const auto below = std::min(static_cast<std::size_t>(position), last);
  const double low = -minus_ascending[last - below];
  const double high = -minus_ascending[last - std::min(below + 1, last)];
  const double part = position - static_cast<double>(below);
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1.0 - part);
}

models::PresenceMask all_of(std::size_t count) {
  models::PresenceMask mask;
  for (std::size_t i = 0; i < count; ++i) mask.set(i);
  return mask;
}

}  // namespace

Result<CutSettings> parse_cut(std::string_view text) {
  constexpr const char* kAllowed = "allowed: budget, quantile:Q, contamination:C (0 < Q, C <= 0.5), epsilon:E";
  CutSettings cut;
  if (text == "budget") return cut;
  const std::size_t colon = text.find(':');
  const std::string_view form = text.substr(0, colon);
  double value = 0.0;
  const bool number = colon != std::string_view::npos && parse_cell(text.substr(colon + 1), value) == CellKind::kNumber;
  if (form == "epsilon" && number) {
    cut.form = CutForm::kEpsilon;
    cut.log_epsilon = value > 0.0 ? std::log(value) : value;
    return cut;
  }
  if ((form == "quantile" || form == "contamination") && number && value > 0.0 && value <= 0.5) {
    cut.form = form == "quantile" ? CutForm::kQuantile : CutForm::kContamination;
    cut.share = value;
    return cut;
  }
  return make_error(ErrorCode::kInvalid, 0, "'%.40s'; %s", std::string(text).c_str(), kAllowed);
}

std::string_view cut_form_name(CutForm form) {
  switch (form) {
    case CutForm::kBudget:
      return "budget";
    case CutForm::kQuantile:
      return "quantile";
    case CutForm::kContamination:
      return "contamination";
    case CutForm::kEpsilon:
      return "epsilon";
  }
  return "";
}

BatchScorer::BatchScorer(std::size_t feature_count, std::uint64_t seed)
    : density_(feature_count), feature_count_(feature_count), random_(seed) {}

void BatchScorer::learn(const TableRow& row) {
  if (row.has_time) {
    const double step_s = row.time_s - last_time_s_;
    if (first_time_s_ && step_s > 0.0 && steps_s_.size() < kMaxSteps) steps_s_.push_back(step_s);
    if (!first_time_s_) first_time_s_ = row.time_s;
    last_time_s_ = row.time_s;
  }
  if (row.present.none()) return;
  seen_ |= row.present;
  ++training_rows_;
  density_.add(row.values, row.present);
}

Result<void> BatchScorer::finish_learning() {
  if (training_rows_ < kFewestTrainingRows)
    return make_error(ErrorCode::kMalformed, 0, "%llu training rows hold a value, at least %zu are needed",
                      static_cast<unsigned long long>(training_rows_), kFewestTrainingRows);
  density_.finish(kFloorVariance);
  // An absent feature counts as one that is one standard deviation from its mean, which is what the training rows
  // average: so rows with different features present can be ranked.
  density_.log_density_per_feature(density_.mean(), all_of(feature_count_), expected_);
  for (std::size_t i = 0; i < feature_count_; ++i)
    if (seen_[i]) expected_[static_cast<Eigen::Index>(i)] -= 0.5;
  return {};
}

double BatchScorer::complete(double log_density, const models::PresenceMask& present) const {
  const models::PresenceMask absent = seen_ & ~present;
  if (absent.none()) return log_density;
  for (std::size_t i = 0; i < feature_count_; ++i)
    if (absent[i]) log_density += expected_[static_cast<Eigen::Index>(i)];
  return log_density;
}

void BatchScorer::calibrate(const TableRow& row) {
  if ((row.present & seen_).none()) return;
  const double score = -complete(density_.log_density(row.values, row.present), row.present);
  ++calibrated_rows_;
  if (training_scores_.size() < kMaxTrainingScores) {
    training_scores_.push_back(score);
    return;
  }
  const std::uint64_t place = std::uniform_int_distribution<std::uint64_t>(0, calibrated_rows_ - 1)(random_);
  if (place < kMaxTrainingScores) training_scores_[static_cast<std::size_t>(place)] = score;
}

void BatchScorer::finish_calibration(const CutSettings& cut, std::optional<double> step_s) {
  tail_.emplace(training_scores_);
  form_ = cut.form;
  switch (cut.form) {
    case CutForm::kBudget: {
      const double rate = step_s ? cut.false_alarms_per_week * *step_s / kSecondsPerWeek : kDefaultFalseAlarmsPerRow;
      surprise_cut_ = std::max(0.0, -std::log10(rate));
      break;
    }
    case CutForm::kQuantile:
    case CutForm::kContamination:
      log_density_cut_ = lower_quantile(std::span<const double>(training_scores_).first(tail_->count()), cut.share);
      break;
    case CutForm::kEpsilon:
      log_density_cut_ = cut.log_epsilon;
      break;
  }
}

RowScore BatchScorer::score(const TableRow& row) const {
  RowScore result;
  const models::PresenceMask counted = row.present & seen_;
  if (counted.none()) return result;
  result.judged = true;
  result.log_density = density_.log_density(row.values, row.present);
  const double completed = complete(result.log_density, row.present);
  result.surprise = tail_->surprise(-completed);
  result.flagged = form_ == CutForm::kBudget ? result.surprise >= surprise_cut_ : completed < log_density_cut_;
  double largest = -1.0;
  for (std::size_t i = 0; i < feature_count_; ++i) {
    if (!counted[i]) continue;
    const auto at = static_cast<Eigen::Index>(i);
    const double distance = std::fabs(row.values[at] - density_.mean()[at]) / density_.sd()[at];
    if (distance > largest) {
      largest = distance;
      result.top_feature = i;
    }
  }
  return result;
}

std::size_t BatchScorer::explain(const TableRow& row, std::span<FeatureTerm> out) const {
  std::size_t count = 0;
  double total = 0.0;
  for (std::size_t i = 0; i < feature_count_ && count < out.size(); ++i) {
    if (!row.present[i] || !seen_[i]) continue;
    const auto at = static_cast<Eigen::Index>(i);
    FeatureTerm& term = out[count++];
    term = {.feature = i, .value = row.values[at], .mean = density_.mean()[at], .sd = density_.sd()[at]};
    term.z = (term.value - term.mean) / term.sd;
    term.share = term.z * term.z;
    total += term.share;
  }
  const std::span<FeatureTerm> terms = out.first(count);
  for (FeatureTerm& term : terms) term.share = total > 0.0 ? term.share / total : 0.0;
  std::stable_sort(terms.begin(), terms.end(),
                   [](const FeatureTerm& a, const FeatureTerm& b) { return a.share > b.share; });
  return count;
}

std::optional<double> BatchScorer::step_s(std::string_view time_name) const {
  if (steps_s_.empty()) return std::nullopt;
  std::vector<double> steps = steps_s_;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  // 0, 1, 2, ... (or 1, 2, 3, ...) in a column `t` numbers the rows: it is no clock.
  const bool counts_rows = time_name == "t" && *middle == 1.0 && (*first_time_s_ == 0.0 || *first_time_s_ == 1.0);
  if (counts_rows) return std::nullopt;
  return *middle;
}

}  // namespace epsilond::agent
