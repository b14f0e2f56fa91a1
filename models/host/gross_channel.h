#pragma once
// Is any one feature grossly off? The rarest of them by its own tail, row by row and, where rows are a second or two
// apart, over 8 and 24 seconds (host/lasting_deviation.h), which see what is little but lasts: one zombie, a service
// gone quiet.
//
// Formula: t = -log10 tail(|z|) by the feature's own tail (decision/tail.h), but never more than the Gaussian itself
// says; M = the largest t - log10(d / 3) for having looked at d features (no correction for d <= 3). What slides, being
// worth less than a tenth of its samples in the long run, is not averaged: its average says the same as its value. M
// claims a probability per row; EpisodeTail learns how often this machine has an episode of such an M: from every row,
// but where rows are less than a minute apart only from those that are not flagged, for there the tenth grab of memory
// is as gross as the first. After an hour or two it is believed instead: surprise = (1 - w) M + w min(M, recent), w = a
// / (a + 72 min) at age a. From that the margin log10(10 interval / 1 s) is taken: this channel is for what is gross,
// and a tenth of the budget is its own. Source: own work; its numbers: docs/models.md, section 9; d / 3: features move
// in groups of about three. Cost: about 60 operations per feature, logarithms only for those beyond 1.6 sd or else the
// farthest one. Bytes: 440 per feature, with averages 2.4 KB. Hazards: features that are known for fewer than 30 rows
// are the caller's to leave out.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/decision/episode_tail.h"
#include "models/decision/tail.h"
#include "models/feature_lanes.h"
#include "models/host/deviations.h"
#include "models/host/lasting_deviation.h"

namespace epsilond::models {

class GrossChannel {
 public:
  GrossChannel(std::size_t feature_count, double interval_s);

  // Of the features that counted in a row. Bit i of a mask is feature i.
  struct Row {
    std::uint64_t odd = 0;        // whose surprise is 1 or more
    PerFeature feature_surprise;  // of those; of the others not set
    double largest = 0.0;         // M, >= 0
    double surprise = 0.0;        // >= 0
  };
  // `learned_s`: how long was learned.
  void judge(const Deviations& deviations, double learned_s, Row& row) const;

  // Shows every row, flagged or not.
  void advance(const Deviations& deviations);
  struct Lesson {
    PerFeature z;            // present features only; bounded
    PerFeature weight;       // in independent rows, [0, 1]; 0 = not learned
    double largest = 0.0;    // M of the row; NaN: nothing counted
    double elapsed_s = 0.0;  // > 0
  };
  // The row that advance() moved on to. `forgotten`: share that a row's time takes from what is remembered.
  void learn(const Lesson& lesson, std::uint64_t present, const Deviations& deviations, double forgotten);
  // A row that is held back: of it at the most how often there is such an episode, see above. `held_s`: since the last
  // row that was learned, > 0.
  void hold(double largest, double elapsed_s, double held_s);
  // What a feature was of late is usual now: its averages begin anew.
  void begin_anew(std::size_t feature);
  // Of one feature nothing is known but how alike its neighbours are.
  void forget(std::size_t feature);
  void forget_spread();
  void reset();

  std::size_t memory_bytes() const;
  std::size_t state_bytes() const;
  void save(std::span<std::byte>& out) const;
  // Returns false and leaves this reset if `in` is no such state; else `in` is moved behind it.
  bool load(std::span<const std::byte>& in);

 private:
  double largest_of_row(const Deviations& deviations, Row& row) const;
  void find_steady();

  std::size_t feature_count_;
  double all_looked_at_;  // the correction for having looked at all features
  double margin_;
  std::vector<ParetoTail> tails_;
  std::vector<double> independence_;  // what a sample is worth in independent ones, in the long run
  double learned_ = 0.0;              // rows
  std::uint64_t steady_ = 0;          // of what does not slide the averages say something
  std::vector<LastingDeviation> averages_;
  bool learns_held_;  // episodes that are flagged too
  EpisodeTail episodes_;
};

}  // namespace epsilond::models
