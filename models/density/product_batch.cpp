#include "models/density/product_batch.h"

#include <cassert>

namespace epsilond::models {

ProductBatch::ProductBatch(std::size_t feature_count)
    : density_(feature_count), expected_(FeatureVector::Zero(static_cast<Eigen::Index>(feature_count))) {
  assert(feature_count >= 1 && feature_count <= kMaxFeatures);
}

void ProductBatch::learn(const Observation& row) {
  if (row.present.none()) return;
  seen_ |= row.present;
  ++training_rows_;
  density_.add(row.values, row.present);
}

FitStatus ProductBatch::fit() {
  if (training_rows_ < kFewestTrainingRows) return FitStatus::kTooFewRows;
  density_.finish(kFloorVariance);
  density_.log_density_per_feature(density_.mean(), seen_, expected_);
  for (std::size_t i = 0; i < density_.feature_count(); ++i)
    if (seen_[i]) expected_[static_cast<Eigen::Index>(i)] -= 0.5;
  components_.assign(1, GaussianComponent());
  components_[0].mean = density_.mean();
  components_[0].covariance = density_.sd().array().square().matrix().asDiagonal();
  return FitStatus::kFitted;
}

BatchScore ProductBatch::score(const Observation& row) {
  BatchScore score;
  if ((row.present & seen_).none()) return score;
  score.judged = true;
  score.native = density_.log_density(row.values, row.present);
  double completed = score.native;
  const PresenceMask absent = seen_ & ~row.present;
  if (absent.any())
    for (std::size_t i = 0; i < density_.feature_count(); ++i)
      if (absent[i]) completed += expected_[static_cast<Eigen::Index>(i)];
  score.strangeness = -completed;
  return score;
}

void ProductBatch::explain(const Observation& row, FeatureParts& parts) const {
  const auto count = static_cast<Eigen::Index>(density_.feature_count());
  parts.mean = parts.share = FeatureVector::Zero(count);
  parts.sd = FeatureVector::Ones(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const auto feature = static_cast<std::size_t>(i);
    if (!row.present[feature] || !seen_[feature]) continue;
    parts.mean[i] = density_.mean()[i];
    parts.sd[i] = density_.sd()[i];
    const double z = (row.values[i] - parts.mean[i]) / parts.sd[i];
    parts.share[i] = z * z;
  }
  const double sum = parts.share.sum();
  if (sum > 0.0) parts.share /= sum;
}

}  // namespace epsilond::models
