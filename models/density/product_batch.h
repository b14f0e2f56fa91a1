#pragma once
// The diary's model as a batch model: the product of independent Gaussians, fitted once to a table.
//
// Formula: native = log super-epsilon, the sum of the log densities of the present features
// (density/product_density.h); strangeness = minus that sum completed: an absent feature counts as one that is one
// standard deviation from its mean, which is what the training rows average, so rows with different features present
// can be ranked. A share is z^2 over the sum of z^2. Source and golden data: ProductDensity;
// tests/golden/make_score_golden.py for whole tables. Cost: learning about 10 operations and a division per feature,
// scoring 5. Bytes: 4 KB, and 33 KB for components(); no row is kept. Hazards: as ProductDensity.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/batch_model.h"
#include "models/density/product_density.h"

namespace epsilond::models {

class ProductBatch final : public BatchModel {
 public:
  // The variance of a feature that never moved in training: a standard deviation of 0.001 of its unit.
  static constexpr double kFloorVariance = 1e-6;
  static constexpr std::uint64_t kFewestTrainingRows = 2;

  // `feature_count`: 1 .. kMaxFeatures.
  explicit ProductBatch(std::size_t feature_count);

  void learn(const Observation& row) override;
  // kTooFewRows below kFewestTrainingRows rows with a value.
  FitStatus fit() override;
  std::uint64_t training_rows() const override { return training_rows_; }
  // Judged where a feature is present that had a value in training; the others do not count.
  BatchScore score(const Observation& row) override;
  void explain(const Observation& row, FeatureParts& parts) const override;
  bool native_is_log_density() const override { return true; }
  // One Gaussian with a diagonal covariance; empty before fit(). A feature never seen has mean 0 and the floor.
  std::span<const GaussianComponent> components() const override { return components_; }

 private:
  ProductDensity density_;
  PresenceMask seen_;
  FeatureVector expected_;  // log density of a feature one sd from its mean; 0 for one never seen
  std::uint64_t training_rows_ = 0;
  std::vector<GaussianComponent> components_;
};

}  // namespace epsilond::models
