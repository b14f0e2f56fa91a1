#pragma once
// Is the machine as a whole odd? The sum over all features of how unlikely each is: by its level, by its change, and
// given the others; over four lengths of time; calibrated by the episodes of this very machine. It finds what shows a
// little in many features, and leaves what shows grossly in one to GrossChannel.
//
// Formula: Student-t densities with four degrees of freedom, multiplied: S_L = sum 2.5 ln(1 + z^2 / 4) over the levels,
// S_D over the changes, S_W by GivenOthers over both; TimeScales makes one score of them, with weights 1, 1 and 0.6;
// EpisodeTail makes that a surprise. A Student t, because one feature that is 30 sd off must not drown all others;
// without heavy tails they are Gaussian, S = sum z^2 / 2. Source: own work; its numbers: docs/models.md, section 9.
// Cost: about 6 d^2 + 30 d operations to score and learn. Bytes: 32 d^2 + 5 KB. Hazards: its first 20 rows score 0, and
// they come after the 30 that a feature is learned for before it counts; until EpisodeTail has seen 200 scores and an
// hour it decides nothing.

#include <cstddef>
#include <cstdint>
#include <span>

#include "models/decision/episode_tail.h"
#include "models/feature_lanes.h"
#include "models/host/given_others.h"
#include "models/host/time_scales.h"

namespace epsilond::models {

// What the sum is refined by. With none of it, it is the product of the densities.
struct JointTerms {
  bool heavy_tails = true;
  bool change = true;       // S_D
  bool covariance = true;   // S_W
  bool time_scales = true;  // more than the row itself

  bool operator==(const JointTerms&) const = default;
};

class JointChannel {
 public:
  JointChannel(std::size_t feature_count, double interval_s, JointTerms terms = {});

  // What a row says; kept by the caller until it has moved on and perhaps learned.
  struct Row {
    PerFeature z;         // of the level, 0 where absent or not known yet
    PerFeature change_z;  // of the change, the same
    TimeScales::Cells averages;
    double score = 0.0;
    EpisodeTail::Surprise surprise;
  };
  // Fills the rest of a row whose z and change_z are set.
  void judge(Row& row) const;
  // How unlikely one feature is by itself, >= 0.
  double strangeness(double z, double change_z) const;

  void advance(const Row& row, double elapsed_s);
  // `gain`: of the levels, in (0, 1].
  void learn(const Row& row, double gain, double elapsed_s);
  // What was odd of late is over: the averages begin anew.
  void begin_anew() { scales_.begin_anew(); }
  // What one feature has to do with the others.
  void forget(std::size_t feature);
  // How far single rows stray, but not the correlations.
  void forget_spread();
  void reset();

  std::size_t memory_bytes() const;
  std::size_t state_doubles() const;
  void save(std::span<double> out) const;
  // Returns false and leaves this reset if `in` is no such state.
  bool load(std::span<const double> in);

 private:
  double unlikely(double z) const;
  double sum_of(const PerFeature& z) const;
  void refresh();

  std::size_t feature_count_;
  JointTerms terms_;
  GivenOthers levels_;
  GivenOthers changes_;
  TimeScales scales_;
  EpisodeTail tail_;
  double learned_row_in_;  // of an old model's rows, the correlations learn one in so many
  double rows_ = 0.0;      // learned
};

}  // namespace epsilond::models
