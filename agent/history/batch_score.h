#pragma once
// The batch scorer: fits the product of densities to training rows, calibrates it on the same rows, judges any row.
//
// Three passes, each one row at a time: learn() every training row, calibrate() every training row again, then
// score(). What grows with the table is one double per training row, up to kMaxTrainingScores; above it a seeded
// uniform sample of that many is kept (Vitter 1985, "Random sampling with a reservoir", algorithm R).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "agent/history/row_source.h"
#include "models/decision/tail.h"
#include "models/density/product_density.h"
#include "platform/result.h"

namespace epsilond::agent {

inline constexpr std::size_t kMaxTrainingScores = std::size_t{1} << 23U;  // 64 MiB
// The variance of a feature that never moved in training: a standard deviation of 0.001 of its unit.
inline constexpr double kFloorVariance = 1e-6;
inline constexpr double kDefaultFalseAlarmsPerWeek = 0.5;
// The tolerated rate where the table has no clock: one row in 10,000.
inline constexpr double kDefaultFalseAlarmsPerRow = 1e-4;

enum class CutForm : std::uint8_t {
  kBudget,         // surprise >= -log10 of the tolerated false alarms per row
  kQuantile,       // log density strictly below this quantile of the training rows' log densities
  kContamination,  // the same, said as the share of training rows that are strange
  kEpsilon,        // log density strictly below a fixed value
};

struct CutSettings {
  CutForm form = CutForm::kBudget;
  double share = 0.0;                                         // kQuantile, kContamination: in (0, 0.5]
  double log_epsilon = 0.0;                                   // kEpsilon: natural log of a density
  double false_alarms_per_week = kDefaultFalseAlarmsPerWeek;  // kBudget: > 0
};

// "budget", "quantile:Q", "contamination:C" or "epsilon:E". E above 0 is a density, E of 0 or below the natural log of
// one. Error kInvalid says what is allowed.
platform::Result<CutSettings> parse_cut(std::string_view text);
std::string_view cut_form_name(CutForm form);

struct RowScore {
  bool judged = false;       // false: no feature of the row is present
  double log_density = 0.0;  // natural log, summed over the present features
  double surprise = 0.0;     // -log10 of the calibrated tail probability, >= 0
  bool flagged = false;
  std::size_t top_feature = 0;  // the one farthest from its mean, in standard deviations
};

// One feature of one row, for explanations.
struct FeatureTerm {
  std::size_t feature = 0;
  double value = 0.0;
  double mean = 0.0;
  double sd = 0.0;
  double z = 0.0;
  double share = 0.0;  // of the distance of the log density from its peak; 0 .. 1
};

class BatchScorer {
 public:
  BatchScorer(std::size_t feature_count, std::uint64_t seed);

  void learn(const TableRow& row);
  // Ends the first pass. kMalformed when fewer than two training rows hold a value.
  platform::Result<void> finish_learning();

  void calibrate(const TableRow& row);
  // `step_s`: time between rows, for the budget; nothing = kDefaultFalseAlarmsPerRow instead of a weekly rate.
  void finish_calibration(const CutSettings& cut, std::optional<double> step_s);

  RowScore score(const TableRow& row) const;
  // The present features of `row`, largest share first, into `out`; returns how many.
  std::size_t explain(const TableRow& row, std::span<FeatureTerm> out) const;

  // Training rows that held a value.
  std::uint64_t training_rows() const { return training_rows_; }
  // Features without a value in any training row: they do not count.
  bool was_seen(std::size_t feature) const { return seen_[feature]; }
  // The median time between training rows in seconds, where `t` or `timestamp` is a clock and not a count of rows.
  std::optional<double> step_s(std::string_view time_name) const;

  // What finish_calibration() made of the settings: the cut on the surprise, or on the log density.
  double surprise_cut() const { return surprise_cut_; }        // kBudget
  double log_density_cut() const { return log_density_cut_; }  // the other forms

 private:
  double complete(double log_density, const models::PresenceMask& present) const;

  models::ProductDensity density_;
  std::size_t feature_count_;
  models::PresenceMask seen_;
  models::FeatureVector expected_;  // what an absent feature counts for in comparisons between rows
  std::uint64_t training_rows_ = 0;
  std::vector<double> steps_s_;
  std::optional<double> first_time_s_;
  double last_time_s_ = 0.0;

  std::mt19937_64 random_;
  std::vector<double> training_scores_;  // minus the completed log density: larger = stranger
  std::uint64_t calibrated_rows_ = 0;
  std::optional<models::SampleTail> tail_;

  CutForm form_ = CutForm::kBudget;
  double surprise_cut_ = 0.0;
  double log_density_cut_ = 0.0;
};

}  // namespace epsilond::agent
