#pragma once
// The diary's model, fitted once to a table: independent Gaussians whose log densities add up to log super-epsilon.
//
// Formula: log super-epsilon = sum over present features of (-z_i^2 / 2 - ln sd_i - ln(2 pi) / 2).
// Fit: maximum likelihood, mean and variance with divisor n (Welford), so that it can be compared with textbooks.
// Golden data: scipy.stats.norm.logpdf summed, tests/golden/make_golden.py; agreement to 1e-9 relative.
// Cost per row: about 10 operations and a division per feature to learn, 4 operations to score. Bytes: about 3 KB.
// Hazards: a sum over fewer features is larger; compare log densities only between rows with the same features.

#include <array>
#include <cstddef>

#include "models/baseline/running_moments.h"
#include "models/observation.h"

namespace epsilond::models {

// Use: add() every training row, finish() once, then ask. Never allocates.
class ProductDensity {
 public:
  // `feature_count`: 1 .. kMaxFeatures, the length of every vector handed in.
  explicit ProductDensity(std::size_t feature_count);

  // One training row; absent or non-finite values are skipped per feature.
  void add(const FeatureVector& values, const PresenceMask& present);
  // Fixes mean and sd. The floor is a variance, > 0, and is used only where the variance is exactly 0. A feature that
  // was never seen gets mean 0 and the floor's sd, and is ignored from then on.
  void finish(double variance_floor_when_zero);

  std::size_t feature_count() const { return feature_count_; }
  std::size_t row_count() const { return row_count_; }
  const FeatureVector& mean() const { return mean_; }
  const FeatureVector& sd() const { return sd_; }

  // Natural log of the density: the sum over the features that are present, finite and were seen in training.
  double log_density(const FeatureVector& values, const PresenceMask& present) const;
  // The same, one term per feature; 0 for a feature that does not count. `out` gets the length feature_count().
  void log_density_per_feature(const FeatureVector& values, const PresenceMask& present, FeatureVector& out) const;

 private:
  double term(std::size_t i, const FeatureVector& values, const PresenceMask& present) const;

  std::size_t feature_count_;
  std::size_t row_count_ = 0;
  std::array<RunningMoments, kMaxFeatures> moments_{};
  PresenceMask seen_;
  FeatureVector mean_;
  FeatureVector sd_;
  FeatureVector log_peak_;  // log density at the mean
};

}  // namespace epsilond::models
