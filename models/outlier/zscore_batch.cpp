#include "models/outlier/zscore_batch.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/outlier/robust_moments.h"

namespace epsilond::models {
namespace {

constexpr double kLargestZ = 1e100;  // its square is finite

}  // namespace

ZscoreBatch::ZscoreBatch(const ZscoreSettings& settings)
    : settings_(settings),
      moments_(settings.feature_count),
      centre_(FeatureVector::Zero(static_cast<Eigen::Index>(settings.feature_count))),
      scale_(FeatureVector::Ones(static_cast<Eigen::Index>(settings.feature_count))) {
  assert(settings.feature_count >= 1 && settings.feature_count <= kMaxFeatures);
  if (!settings.robust) return;
  samples_.reserve(settings.feature_count);
  for (std::size_t i = 0; i < settings.feature_count; ++i)
    samples_.emplace_back(1, settings.seed + i, TrainingSample::kMaxValues / settings.feature_count);
}

void ZscoreBatch::learn(const Observation& row) {
  if (row.present.none()) return;
  seen_ |= row.present;
  ++training_rows_;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    if (!row.present[i]) continue;
    const double value = row.values[static_cast<Eigen::Index>(i)];
    if (settings_.robust)
      samples_[i].add({&value, 1});
    else
      moments_[i].add(value);
  }
}

FitStatus ZscoreBatch::fit() {
  if (training_rows_ < kFewestTrainingRows) return FitStatus::kTooFewRows;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    if (!seen_[i]) continue;
    const auto at = static_cast<Eigen::Index>(i);
    if (settings_.robust) {
      const RobustMoments moments = robust_moments<double>(samples_[i].values());
      centre_[at] = moments.median;
      scale_[at] = moments.scale;
    } else {
      centre_[at] = moments_[i].mean();
      scale_[at] = std::sqrt(moments_[i].variance());
    }
    if (!(scale_[at] > 0.0)) scale_[at] = kFloorSd;
  }
  std::vector<TrainingSample>().swap(samples_);
  return FitStatus::kFitted;
}

double ZscoreBatch::distance(Eigen::Index i, const Observation& row) const {
  return std::min(std::fabs((row.values[i] - centre_[i]) / scale_[i]), kLargestZ);
}

BatchScore ZscoreBatch::score(const Observation& row) {
  BatchScore score;
  const PresenceMask counted = row.present & seen_;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    if (!counted[i]) continue;
    const auto at = static_cast<Eigen::Index>(i);
    score.native = std::max(score.native, distance(at, row));
  }
  score.judged = counted.any();
  score.strangeness = score.native;
  return score;
}

void ZscoreBatch::explain(const Observation& row, FeatureParts& parts) const {
  const auto count = static_cast<Eigen::Index>(settings_.feature_count);
  parts.mean = parts.share = FeatureVector::Zero(count);
  parts.sd = FeatureVector::Ones(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const auto feature = static_cast<std::size_t>(i);
    if (!row.present[feature] || !seen_[feature]) continue;
    parts.mean[i] = centre_[i];
    parts.sd[i] = scale_[i];
    const double z = distance(i, row);
    parts.share[i] = std::max(0.0, z * z - 1.0);
  }
  const double sum = parts.share.sum();
  if (sum > 0.0) parts.share /= sum;
}

}  // namespace epsilond::models
