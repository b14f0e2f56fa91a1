#pragma once
// Three sums over the features, each looked at over four lengths of time: a spike shows in the shortest, a slow leak in
// the longest. What is gross for one row must not fill the longer ones for minutes after it, so there it is bounded.
//
// Formula: for each sum and half-life h of 0, 2, 6.6 and 21.78 rows, E is the average of the sum with that half-life, and
// x = (E - its long-run mean) / its long-run standard deviation (half-life 60 days; 3 sd at most count in learning); g
// of the largest x of a sum: ln(1 + x) above 0, x below. The score is the weighted mean of the three g. Source: measured
// on server metrics (docs/models.md). Cost: about 150 operations per row. Bytes: 300. Hazards: the first 20 rows score 0.

#include <Eigen/Core>
#include <array>
#include <cstddef>

namespace epsilond::models {

class TimeScales {
 public:
  static constexpr std::size_t kSums = 3;
  static constexpr std::size_t kScales = 4;
  static constexpr double kScoredRows = 20.0;  // learned before the first score
  using Sums = std::array<double, kSums>;

  // `averaged_within_sd` > 0: a sum counts as at most so many sd above its long run in all averages but the shortest.
  TimeScales(const Sums& weights, double averaged_within_sd)
      : weights_(weights), averaged_within_sd_(averaged_within_sd) {}

  // What the score would be with these sums as the next row.
  double score(const Sums& sums) const;
  // Moves on to the next row, learned or not.
  void advance(const Sums& sums);
  // Learns the row that advance() moved on to. `elapsed_s` > 0.
  void learn(double elapsed_s);
  // The next row begins the averages anew; the long run stays.
  void begin_anew() { begun_ = false; }
  void reset() { *this = TimeScales(weights_, averaged_within_sd_); }

  static constexpr std::size_t kStateDoubles = 3 * kSums * kScales + 2;
  void save(double* out) const;
  // Returns false and changes nothing if `in` is no such state.
  bool load(const double* in);

 private:
  using Cells = Eigen::Array<double, kScales, kSums>;  // a column per sum

  Cells averages(const Sums& sums) const;

  Sums weights_;
  double averaged_within_sd_;
  Cells average_ = Cells::Zero();
  Cells mean_ = Cells::Zero();
  Cells variance_ = Cells::Ones();
  Cells sd_ = Cells::Ones();
  double learned_ = 0.0;  // rows
  bool begun_ = false;
};

}  // namespace epsilond::models
