#pragma once
// The series ensemble as a batch model of a table with one feature: it needs no fit, and scores each row by those
// before it.
//
// Formula: native = strangeness = the score of series_ensemble.h, 0 for the first SeriesEnsemble::kSilentValues rows of
// a pass, surprise by series_surprise.h. An incident is told once (hold_off.h): told = the surprise of an alert, at
// least 1; 0 within the silence after it; else score / threshold, below 1. While the ensemble is opening() a score is
// no more than opening_limit. The interval is the median step between the training rows, 300 s where they have no
// clock. The share is 1 where a score is above 0. Source: A. Lavin, S. Ahmad, Evaluating real-time anomaly detection
// algorithms: the Numenta Anomaly Benchmark, ICMLA 2015, whose score the hold-off is for. Cost: as the ensemble. Bytes:
// 512 KB of steps while learning; as the ensemble, 800 KB at an interval of 1 s. Hazards: training rows are scored
// without the rows before them if they are not the first of the pass; a table without a clock has one hour and no
// season; a second incident within the silence, at most 200 rows, is not told unless escalation is on; as the ensemble.

#include <cstdint>
#include <optional>

#include "models/batch_model.h"
#include "models/series/hold_off.h"
#include "models/series/series_ensemble.h"
#include "models/training_sample.h"

namespace epsilond::models {

struct SeriesBatchSettings {
  double interval_s = 0.0;  // nominal, finite; 0 = the median step of the training rows
  HoldOffSettings hold_off = {};
  // The largest score while the ensemble is opening(), about the 21st and the 29th hour; >= 0, infinity = as it is.
  // What it says then means little, so it makes a bare alert: enough for whoever counts alerts, too little for a small
  // budget.
  double opening_limit = HoldOffSettings().threshold;
  std::uint64_t seed = 1;  // of the sample of steps, where there are very many
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
  std::optional<double> surprise(double strangeness) const override;

  double interval_s() const { return interval_s_; }  // after fit()

 private:
  double told_surprise(double score);

  double interval_s_;
  double opening_limit_;
  double alert_score_;
  TrainingSample steps_s_;
  std::uint64_t training_rows_ = 0;
  double last_time_s_ = 0.0;
  std::optional<SeriesEnsemble> ensemble_;
  HoldOff hold_off_;
  SeriesEnsemble::Expectation expected_;  // of the row scored last
  double last_score_ = 0.0;
};

}  // namespace epsilond::models
