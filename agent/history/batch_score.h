#pragma once
// The batch scorer: fits a model to training rows, calibrates it on the same rows, judges any row.
//
// Passes, each one row at a time: learn() every training row, calibrate() every training row again, perhaps select() every
// labelled row, then score(). What grows with the table is one double per training row, up to kMaxKeptScores, and what the
// model keeps; above it a seeded uniform sample of that many is kept.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "agent/history/batch_cut.h"
#include "agent/history/row_source.h"
#include "models/batch_model.h"
#include "models/decision/tail.h"
#include "models/training_sample.h"
#include "platform/result.h"

namespace epsilond::agent {

inline constexpr std::size_t kMaxKeptScores = std::size_t{1} << 23U;  // 64 MiB

struct RowScore {
  bool judged = false;    // false: no feature of the row is present, or the model still fills its windows
  double native = 0.0;    // natural log of the model's density, or its own score
  double surprise = 0.0;  // -log10 of the calibrated tail probability, >= 0
  // The column `score`, where a model tells an incident only once; nothing = the surprise.
  std::optional<double> told = std::nullopt;
  bool flagged = false;
};

// One feature of one row, for explanations.
struct FeatureTerm {
  std::size_t feature = 0;
  double value = 0.0;
  double mean = 0.0;
  double sd = 0.0;
  double z = 0.0;
  double share = 0.0;  // of the strangeness; 0 .. 1
};

class BatchScorer {
 public:
  BatchScorer(std::unique_ptr<models::BatchModel> model, std::size_t feature_count, std::uint64_t seed);

  void learn(const TableRow& row);
  // Ends the first pass. kMalformed when the rows cannot carry the model.
  platform::Result<void> finish_learning();

  // A pass over rows in their order begins: calibrate(), select() or score().
  void begin_pass() { model_->begin_pass(); }
  void calibrate(const TableRow& row);
  // `step_s`: time between rows, for the budget; nothing = kDefaultFalseAlarmsPerRow instead of a weekly rate.
  void finish_calibration(const CutSettings& cut, std::optional<double> step_s);
  // CutForm::kSelect: every row that may have a label; then the cut. kMalformed when there are not both labels.
  void select(const TableRow& row);
  platform::Result<void> finish_selection();

  RowScore score(const TableRow& row);
  // The present features of `row`, largest share first, into `out`; returns how many. `row` is the one scored last.
  std::size_t explain(const TableRow& row, std::span<FeatureTerm> out) const;
  // What the model says of every feature of `row`, which is the one scored last. Valid until the next call.
  const models::FeatureParts& parts(const TableRow& row) const;
  // The feature that explain() would name first; nothing if none is present.
  std::optional<std::size_t> top_feature(const TableRow& row) const;

  // Training rows that the fit used.
  std::uint64_t training_rows() const { return model_->training_rows(); }
  // Features without a value in any training row: they do not count.
  bool was_seen(std::size_t feature) const { return seen_[feature]; }
  const models::BatchModel& model() const { return *model_; }

  CutForm form() const { return form_; }
  // The cut in force: a surprise for kBudget, else in the unit of RowScore::native.
  double cut() const { return cut_; }

 private:
  models::BatchScore judge(const TableRow& row);
  models::Observation& observe(const TableRow& row) const;
  double oriented(double native) const { return model_->native_is_log_density() ? -native : native; }

  std::unique_ptr<models::BatchModel> model_;
  std::size_t feature_count_;
  models::PresenceMask seen_;
  mutable models::Observation observation_;  // the row as the model sees it; reused, for it is large
  mutable models::FeatureParts parts_;

  models::TrainingSample training_scores_;  // strangeness of training rows
  std::optional<models::SampleTail> tail_;
  struct LabelledScore {
    double strangeness;
    bool anomaly;
  };
  std::vector<LabelledScore> labelled_;

  CutForm form_ = CutForm::kBudget;
  double cut_ = 0.0;
  double strangeness_cut_ = 0.0;  // not for kBudget: strictly above it is flagged
};

}  // namespace epsilond::agent
