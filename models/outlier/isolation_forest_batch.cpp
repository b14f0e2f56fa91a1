#include "models/outlier/isolation_forest_batch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "models/baseline/running_moments.h"

namespace epsilond::models {
namespace {

constexpr std::size_t kMedianRows = 4096;
constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

}  // namespace

IsolationForestBatch::IsolationForestBatch(const IsolationForestBatchSettings& settings)
    : settings_(settings),
      sample_(settings.feature_count, settings.seed),
      forest_(settings.feature_count, settings.trees, settings.subsample),
      learned_(settings.feature_count),
      median_(settings.feature_count, 0.0),
      sd_(settings.feature_count, 1.0),
      row_(settings.feature_count + 1, IsolationForest::kSentinel) {}

void IsolationForestBatch::learn(const Observation& row) {
  bool any = false;
  for (std::size_t i = 0; i < learned_.size(); ++i) {
    const double value = row.values[static_cast<Eigen::Index>(i)];
    const bool usable = row.present[i] && std::isfinite(value);
    learned_[i] = usable ? value : kNoValue;
    any = any || usable;
  }
  if (any) sample_.add(learned_);
}

void IsolationForestBatch::find_medians() {
  const std::size_t step = (sample_.rows() + kMedianRows - 1) / kMedianRows;
  std::vector<double> seen;
  seen.reserve(kMedianRows);
  for (std::size_t i = 0; i < median_.size(); ++i) {
    RunningMoments moments;
    // A feature that only few rows have may hide between the steps: then every row is looked at.
    for (std::size_t stride = step; seen.empty(); stride = 1) {
      for (std::size_t row = 0; row < sample_.rows() && seen.size() < kMedianRows; row += stride) {
        const double value = sample_.row(row)[i];
        if (std::isnan(value)) continue;
        seen.push_back(value);
        moments.add(value);
      }
      if (stride == 1) break;
    }
    if (seen.empty()) continue;
    const auto middle = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2);
    std::nth_element(seen.begin(), middle, seen.end());
    median_[i] = *middle;
    if (moments.variance() > 0.0) sd_[i] = std::sqrt(moments.variance());
    seen.clear();
  }
}

FitStatus IsolationForestBatch::fit() {
  training_rows_ = sample_.rows();
  if (training_rows_ < 2) return FitStatus::kTooFewRows;
  find_medians();
  Random random(settings_.seed);
  std::vector<std::uint32_t> order(sample_.rows());
  std::iota(order.begin(), order.end(), 0U);
  const std::size_t rows = std::min(settings_.subsample, order.size());
  for (std::size_t tree = 0; tree < settings_.trees; ++tree) {
    shuffle_front(order, rows, random);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::span<const double> from = sample_.row(order[i]);
      const std::span<float> to = forest_.sample_row(i);
      for (std::size_t feature = 0; feature < to.size(); ++feature)
        to[feature] = std::isnan(from[feature]) ? 0.0f : isolation_value(from[feature], median_[feature]);
    }
    forest_.grow(tree, rows, random);
  }
  fitted_ = true;
  return FitStatus::kFitted;
}

// Returns how many features are present.
std::size_t IsolationForestBatch::values_of(const Observation& row, std::vector<float>& out) const {
  std::size_t present = 0;
  for (std::size_t i = 0; i < median_.size(); ++i) {
    const double value = row.values[static_cast<Eigen::Index>(i)];
    const bool usable = row.present[i] && std::isfinite(value);
    out[i] = usable ? isolation_value(value, median_[i]) : 0.0f;
    if (usable) ++present;
  }
  return present;
}

BatchScore IsolationForestBatch::score(const Observation& row) {
  if (values_of(row, row_) == 0 || !fitted_) return {};
  const double score = forest_.score(row_);
  return {.judged = true, .native = score, .strangeness = score};
}

void IsolationForestBatch::explain(const Observation& row, FeatureParts& parts) const {
  const auto features = static_cast<Eigen::Index>(median_.size());
  parts.mean = parts.share = FeatureVector::Zero(features);
  parts.sd = FeatureVector::Ones(features);
  forest_.add_parts(row_, parts.share);
  for (Eigen::Index at = 0; at < features; ++at) {
    const auto i = static_cast<std::size_t>(at);
    if (!row.present[i]) {
      parts.share[at] = 0.0;
      continue;
    }
    parts.mean[at] = median_[i];
    parts.sd[at] = sd_[i];
  }
  const double sum = parts.share.sum();
  if (sum > 0.0) parts.share /= sum;
}

}  // namespace epsilond::models
