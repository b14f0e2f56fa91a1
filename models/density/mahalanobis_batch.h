#pragma once
// One Gaussian with a full covariance, fitted once to a table: the `mahalanobis` model of epsilonctl score.
//
// Formula: native = log density (density/full_gaussian.h) by maximum likelihood, divisor n, over the complete training
// rows: those that have every feature which any of them has. Correlations count 1 - l of theirs, which is (1 - l) R + l
// I of the correlation matrix R. strangeness = minus the log density, to which an absent feature adds what it adds on
// average in training: log peak - E / 2, E = (n - l sum of P_ii S_ii) / (1 - l) the mean squared distance of the
// training rows, for the whole and for the marginal. Automatic l: the optimum of O. Ledoit, M. Wolf, A well-conditioned
// estimator for large-dimensional covariance matrices, J. Multivariate Analysis 88(2), 2004, of the standardised rows.
// Golden data: scikit-learn EmpiricalCovariance; ShrunkCovariance and LedoitWolf of standardised columns;
// tests/golden/make_density_golden.py.
// Cost for n features: about n^2 operations to learn a row and to score one, 2/3 n^3 more for a row with other features
// absent than the last. Bytes: about 20 n^2 + 34 KB, and the training rows up to 64 MiB for the automatic l.
// Hazards: collinear columns make l = 0 impossible; shrinkage() then says how little it took. A feature that never
// moved has a standard deviation of 0.001 of its unit.

#include <memory>

#include "models/batch_model.h"
#include "models/density/co_moments.h"
#include "models/density/complete_rows.h"
#include "models/density/full_gaussian.h"
#include "models/training_sample.h"

namespace epsilond::models {

struct MahalanobisBatchSettings {
  std::size_t feature_count = 0;     // 1 .. kMaxFeatures
  double shrinkage = 0.0;            // l, in [0, 1]
  bool automatic_shrinkage = false;  // l by Ledoit and Wolf instead
  std::uint64_t seed = 1;            // of the sample of training rows for the automatic l
};

class MahalanobisBatch final : public BatchModel {
 public:
  explicit MahalanobisBatch(const MahalanobisBatchSettings& settings);

  void learn(const Observation& row) override;
  // kTooFewRows below two complete rows; kDegenerate if their covariance is not finite.
  FitStatus fit() override;
  std::uint64_t training_rows() const override { return moments_.rows(); }

  BatchScore score(const Observation& row) override;
  void explain(const Observation& row, FeatureParts& parts) const override;
  bool native_is_log_density() const override { return true; }
  std::span<const GaussianComponent> components() const override { return {component_.get(), component_ ? 1U : 0U}; }

  // The l in use: of the settings, the automatic one, or the smallest of 1e-10, 1e-9 .. 1 above it that makes the
  // covariance positive definite. 0 before fit().
  double shrinkage() const { return shrinkage_; }
  const FullGaussian& gaussian() const { return gaussian_; }

 private:
  double ledoit_wolf() const;
  double mean_log_density(const FullGaussian& gaussian) const;

  MahalanobisBatchSettings settings_;
  CompleteRows complete_;
  CoMoments moments_;
  TrainingSample sample_;
  FullGaussian gaussian_;
  double shrinkage_ = 0.0;
  double whole_mean_ = 0.0;         // mean log density of the training rows
  mutable MarginalCache marginal_;  // explain() is asked of the row that was scored last
  std::unique_ptr<GaussianComponent> component_;
};

}  // namespace epsilond::models
