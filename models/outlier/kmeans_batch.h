#pragma once
// k-means fitted once to a table: how far is a row, with its recent past, from where the rows of the table lie.
//
// Formula: lagged_window.h makes a vector of each row; kmeans_fit.h finds the centres, kmeans.h the score, which is
// capped. Vectors stay in the units of the table, unless `standardise` divides each feature by its standard deviation.
// With smooth 1, difference 0 and lag 0 the vectors are the rows.
// Source, golden data: see there. Cost per row: of the window and of 3 operations per entry and centre. Bytes: 8 per
// entry of a training vector, up to TrainingSample's bound, and during the fit 4 per entry and 30 per row more.
// Hazards: without `standardise` the feature with the largest unit decides alone.
//
// Absent values: see LaggedWindow; the entries of an absent feature stand at the training mean, in training and in
// scoring. A row that lacks every feature is neither learned nor judged.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/baseline/running_moments.h"
#include "models/batch_model.h"
#include "models/outlier/kmeans.h"
#include "models/outlier/kmeans_fit.h"
#include "models/outlier/lagged_window.h"
#include "models/training_sample.h"

namespace epsilond::models {

struct KMeansBatchSettings {
  LagSettings window;
  std::size_t clusters = 2;  // >= 1
  std::size_t starts = 10;   // the best of so many is kept, >= 1
  std::size_t max_iterations = 300;
  // Of each start, as scikit-learn's tol: the share of the mean variance of the features that the centres' squared
  // moves may add up to; 0: until no row moves. The best start goes on until no row moves.
  double tolerance = 1e-4;
  double cap = 0.0;  // largest score; 0 = none
  bool standardise = false;
  std::uint64_t seed = 1;
};

class KMeansBatch final : public BatchModel {
 public:
  explicit KMeansBatch(const KMeansBatchSettings& settings);

  // The fit starts at these centres instead of drawn ones: cluster by cluster, in the units of the vectors.
  void start_at(std::span<const double> centres);

  void learn(const Observation& row) override;
  FitStatus fit() override;
  std::uint64_t training_rows() const override { return training_rows_; }
  void begin_pass() override { window_.clear(); }
  // native and strangeness are the score.
  BatchScore score(const Observation& row) override;
  // mean: of plain rows, the nearest centre, else of the training; sd: of the training; share: by the squares in the
  // distance to the nearest centre.
  void explain(const Observation& row, FeatureParts& parts) const override;
  bool native_is_log_density() const override { return false; }

  // After the fit: the sum over the training vectors of the squared distance to the nearest centre, and the centres,
  // both in the units of the vectors, or of the standardised ones.
  double inertia() const { return inertia_; }
  const KMeans& model() const { return model_; }

 private:
  bool plain() const { return window_.rows_needed() == 1; }
  template <typename Visit>
  void each_newest(std::size_t stride, const Visit& visit) const;
  void find_scales();
  void fill_blocks(RowBlocks& blocks) const;
  void find_centres(KMeansFit& fit, const RowBlocks& blocks);
  void centre_exactly(const KMeansFit& fit);
  void measure_training();

  KMeansBatchSettings settings_;
  LaggedWindow window_;
  TrainingSample sample_;
  KMeans model_;
  std::vector<double> start_;
  std::vector<double> mean_;  // per feature, of the vectors' newest entries
  std::vector<double> sd_;
  std::vector<double> fit_scale_;    // per feature: what brings the vectors into the range of single precision
  std::vector<RunningMoments> raw_;  // of the rows, for explanations
  std::vector<double> vector_;       // of the row scored last
  KMeansDistance distance_;          // of that
  double inertia_ = 0.0;
  std::uint64_t training_rows_ = 0;
  bool fitted_ = false;
};

}  // namespace epsilond::models
