#pragma once
// A Gaussian mixture fitted once to a table: the `mixture` model of epsilonctl score.
//
// Formula: native = log density of the mixture (density/mixture.h) fitted by expectation maximisation
// (density/mixture_fit.h) to the complete training rows: those that have every feature which any of them has.
// strangeness = minus the log density, to which an absent feature adds what it adds on average (Mixture::density).
// Golden data: scikit-learn GaussianMixture, tests/golden/make_density_golden.py.
// Cost: that of the parts; a row with other features absent than the last k n^3 more. Bytes: the training rows up to 64
// MiB, above which a seeded uniform sample of them is fitted.
// Hazards: those of the parts. A feature that never moved has a standard deviation of 0.001 of its unit.

#include <vector>

#include "models/batch_model.h"
#include "models/density/complete_rows.h"
#include "models/density/mixture.h"
#include "models/density/mixture_fit.h"
#include "models/training_sample.h"

namespace epsilond::models {

struct MixtureBatchSettings {
  std::size_t feature_count = 0;  // 1 .. kMaxFeatures
  MixtureFitSettings fit;
};

class MixtureBatch final : public BatchModel {
 public:
  explicit MixtureBatch(const MixtureBatchSettings& settings);

  void learn(const Observation& row) override;
  // As MixtureFit::status().
  FitStatus fit() override;
  std::uint64_t training_rows() const override { return sample_.rows(); }

  BatchScore score(const Observation& row) override;
  // Of the component that has most of the row.
  void explain(const Observation& row, FeatureParts& parts) const override;
  bool native_is_log_density() const override { return true; }
  std::span<const GaussianComponent> components() const override { return components_; }

  // Of the fit, for the training rows in it; in the units of the table.
  double mean_log_likelihood() const { return mean_log_likelihood_; }
  double bic() const { return bic_; }
  std::size_t iterations() const { return iterations_; }
  bool converged() const { return converged_; }

 private:
  MixtureBatchSettings settings_;
  CompleteRows complete_;
  TrainingSample sample_;
  mutable Mixture mixture_;  // explain() is asked of the row that was scored last
  std::vector<GaussianComponent> components_;
  double mean_log_likelihood_ = 0.0;
  double bic_ = 0.0;
  std::size_t iterations_ = 0;
  bool converged_ = false;
};

}  // namespace epsilond::models
