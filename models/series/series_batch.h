#pragma once
// The series ensemble as a batch model of a table with one feature: it needs no fit, and scores each row by those
// before.
//
// Formula: series_ensemble.h; native = strangeness = its score, 0 as if nothing had been odd for the first
// SeriesEnsemble::kSilentValues rows of a pass and while the ensemble is opening(). The interval is the median step
// between the training rows, 300 s where they have no clock. The share is 1 where a score is above 0. Cost: as the
// ensemble. Bytes: 512 KB of steps while learning; as the ensemble, 800 KB at an interval of 1 s. Hazards: training
// rows are scored without the rows before them if they are not the first of the pass; a table without a clock has one
// hour and no season; as the ensemble.

#include <cstdint>
#include <optional>

#include "models/batch_model.h"
#include "models/series/series_ensemble.h"
#include "models/training_sample.h"

namespace epsilond::models {

struct SeriesBatchSettings {
  double interval_s = 0.0;     // nominal, finite; 0 = the median step of the training rows
  bool silent_opening = true;  // false = the ensemble's score also while it is opening()
  std::uint64_t seed = 1;      // of the sample of steps, where there are very many
};

class SeriesBatch final : public BatchModel {
 public:
  static constexpr double kDefaultIntervalS = 300.0;
  static constexpr std::uint64_t kFewestTrainingRows = 2;

  explicit SeriesBatch(const SeriesBatchSettings& settings = SeriesBatchSettings());

  void learn(const Observation& row) override;
  FitStatus fit() override;
  std::uint64_t training_rows() const override { return training_rows_; }
  void begin_pass() override;
  // Rows in the order of the table; one without its value is not judged and left out.
  BatchScore score(const Observation& row) override;
  // The mean and sd that the row was expected to have: SeriesEnsemble::Expectation.
  void explain(const Observation& row, FeatureParts& parts) const override;
  bool native_is_log_density() const override { return false; }

  double interval_s() const { return interval_s_; }  // after fit()

 private:
  double interval_s_;
  bool silent_opening_;
  TrainingSample steps_s_;
  std::uint64_t training_rows_ = 0;
  double last_time_s_ = 0.0;
  std::optional<SeriesEnsemble> ensemble_;
  SeriesEnsemble::Expectation expected_;  // of the row scored last
  double last_score_ = 0.0;
};

}  // namespace epsilond::models
