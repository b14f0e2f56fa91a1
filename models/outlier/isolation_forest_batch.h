#pragma once
// An isolation forest fitted once to a table. Formula, source and golden data: isolation_forest.h.
//
// Cost per row: a comparison per tree and level. Bytes: 8 per value of the training sample, up to TrainingSample's
// bound, 4 per training row during the fit, and the forest.
//
// Absent values stand at the median of the training, as do values of a feature that no training row had. A row that
// lacks every feature is neither learned nor judged.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/batch_model.h"
#include "models/outlier/isolation_forest.h"
#include "models/training_sample.h"

namespace epsilond::models {

struct IsolationForestBatchSettings {
  std::size_t feature_count = 1;  // 1 .. kMaxFeatures
  std::size_t trees = 100;        // >= 1
  std::size_t subsample = 256;    // rows per tree, 2 .. IsolationForest::kMaxSubsample; all rows if there are fewer
  std::uint64_t seed = 1;
};

class IsolationForestBatch final : public BatchModel {
 public:
  explicit IsolationForestBatch(const IsolationForestBatchSettings& settings);

  void learn(const Observation& row) override;
  // At least 2 rows.
  FitStatus fit() override;
  std::uint64_t training_rows() const override { return training_rows_; }
  // native and strangeness are the score of the paper, in (0, 1].
  BatchScore score(const Observation& row) override;
  // mean: the median; sd: both of at most 4096 training rows; share: see IsolationForest::add_parts().
  void explain(const Observation& row, FeatureParts& parts) const override;
  bool native_is_log_density() const override { return false; }

 private:
  std::size_t values_of(const Observation& row, std::vector<float>& out) const;
  void find_medians();

  IsolationForestBatchSettings settings_;
  TrainingSample sample_;
  IsolationForest forest_;
  std::vector<double> learned_;  // scratch: the row being learned, NaN where absent
  std::vector<double> median_;
  std::vector<double> sd_;
  std::vector<float> row_;  // scratch: the row being scored, and the sentinel
  std::uint64_t training_rows_ = 0;
  bool fitted_ = false;
};

}  // namespace epsilond::models
