#pragma once
// How many standard deviations is a row from the training rows, in the feature where it is farthest?
//
// Formula: z_i = (x_i - centre_i) / scale_i; score = max over the present features of |z_i|, so a cut on it asks
// whether any feature is beyond. Plain: centre = mean, scale = standard deviation with divisor n. Robust: centre =
// median, scale = 1.4826 MAD or its fallback (outlier/robust_moments.h). A scale of 0 becomes kFloorSd. Share: max(0,
// z_i^2 - 1), normalised: within one sd nothing is odd. Source: F. E. Grubbs, Procedures for detecting outlying
// observations in samples, Technometrics 11(1), 1969 (plain); robust_moments.h. Golden data: scipy.stats.zscore,
// median_abs_deviation, tests/golden/make_zscore_golden.py. Cost: learning about 10 operations per feature, a robust
// fit two selections per feature, scoring 3. Bytes: 3 KB; robust 8 per training value until fit(), up to
// TrainingSample::kMaxValues, above which a seeded sample of each feature's values is used. Hazards: outliers among the
// training rows widen the plain scale, not the robust one; a maximum grows with the number of features.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/baseline/running_moments.h"
#include "models/batch_model.h"
#include "models/training_sample.h"

namespace epsilond::models {

struct ZscoreSettings {
  std::size_t feature_count = 0;  // 1 .. kMaxFeatures
  bool robust = false;
  std::uint64_t seed = 1;
};

class ZscoreBatch final : public BatchModel {
 public:
  static constexpr double kFloorSd = 1e-3;  // in the unit of the feature
  static constexpr std::uint64_t kFewestTrainingRows = 2;

  explicit ZscoreBatch(const ZscoreSettings& settings);

  void learn(const Observation& row) override;
  FitStatus fit() override;
  std::uint64_t training_rows() const override { return training_rows_; }
  // Both numbers are max |z|. Judged where a feature is present that had a value in training.
  BatchScore score(const Observation& row) override;
  void explain(const Observation& row, FeatureParts& parts) const override;
  bool native_is_log_density() const override { return false; }

 private:
  double distance(Eigen::Index i, const Observation& row) const;  // |z|

  ZscoreSettings settings_;
  PresenceMask seen_;
  std::uint64_t training_rows_ = 0;
  std::vector<RunningMoments> moments_;
  std::vector<TrainingSample> samples_;  // one per feature, so that each is contiguous; robust only, empty after fit()
  FeatureVector centre_;
  FeatureVector scale_;
};

}  // namespace epsilond::models
