#pragma once
// Is any one feature grossly off? The rarest of them by its own tail, row by row and, where rows are a second or two apart,
// on averages over 8 and 24 seconds, which see what is little but lasts: one zombie, a service gone quiet.
//
// Formula: t = -log10 tail(|z|) by the feature's own tail (decision/tail.h), but never more than the Gaussian itself
// says; M = the largest t - log10(d / 3) for having looked at d features (no correction for d <= 3). An average E of z
// (each within 4) with gain a is divided by its own sd, max(root of the mean of E^2 (1 + 3 / n), f), and has its own
// tail; f is what a feature that never moves is allowed: (resolution / sd) max(sqrt(a / (2 - a)), 0.22). M claims a
// probability per row; EpisodeTail learns, from what is not flagged, for the tenth grab of memory is as gross as the first, how often this machine has an episode of such an M, and after an hour or two
// it is believed instead: surprise = (1 - w) M + w min(M, recent), w = a / (a + 72 min) at age a. From that the margin
// log10(10 interval / 1 s) is taken: this channel is for what is gross, and a tenth of the budget is its own.
// Source: measured on a young machine at 1 s and on server metrics (docs/models.md); d / 3: features move in groups of
// about three. Cost: about 60 operations per feature, logarithms only for those beyond 1.6 sd or else the farthest one.
// Bytes: 430 per feature, 1.4 KB with averages. Hazards: features that are known for fewer than 30 rows are the
// caller's to leave out.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/decision/episode_tail.h"
#include "models/decision/tail.h"
#include "models/feature_lanes.h"

namespace epsilond::models {

class GrossChannel {
 public:
  GrossChannel(std::size_t feature_count, double interval_s);

  // Of the features that counted in a row. Bit i of a mask is feature i.
  struct Row {
    std::uint64_t odd = 0;     // whose surprise is 1 or more
    PerFeature feature_surprise;  // of those; of the others not set
    double largest = 0.0;      // M, >= 0
    double surprise = 0.0;     // >= 0
  };
  // `z`: of the features in `counted`, within `learned_s` of learning.
  void judge(const PerFeature& z, std::uint64_t counted, double learned_s, Row& row) const;

  // Shows every row, flagged or not.
  void advance(const PerFeature& z, std::uint64_t counted);
  struct Lesson {
    PerFeature z;             // present features only; bounded
    PerFeature weight;        // in independent rows, [0, 1]; 0 = not learned
    PerFeature resolution_z;  // resolution over sd, (0, 1]
    double largest = 0.0;     // M of the row
    double elapsed_s = 0.0;   // > 0
  };
  // `forgotten`: share that a row's time takes from what is remembered.
  void learn(const Lesson& lesson, std::uint64_t present, double forgotten);
  // What a feature was of late is usual now: its averages begin anew.
  void begin_anew(std::size_t feature);
  void forget_spread();
  void reset();

  std::size_t memory_bytes() const;
  std::size_t state_bytes() const;
  void save(std::span<std::byte>& out) const;
  // Returns false and leaves this reset if `in` is no such state; else `in` is moved behind it.
  bool load(std::span<const std::byte>& in);

 private:
  // One length of time to average over.
  struct Average {
    double gain = 1.0;      // of a row
    double allowance = 0.0;  // of a feature at its resolution
    double learned_every = 1.0;  // rows
    double row = 0.0;       // counts up to learned_every
    double learned = 0.0;   // times
    // With room for whole groups of lanes.
    std::vector<double> mean;
    std::vector<double> variance;
    std::vector<double> scale;  // 1 / sd
    std::vector<ParetoTail> tails;
  };

  std::size_t average_bytes() const;
  double surprise_of(const ParetoTail& tail, double z) const;
  double largest_of_row(const PerFeature& z, std::uint64_t counted, Row& row) const;
  void look_at_average(const Average& average, const PerFeature& z, std::uint64_t counted, Row& row) const;
  void learn_average(Average& average, const Lesson& lesson, std::uint64_t present, double forgotten);

  std::size_t feature_count_;
  double all_looked_at_;  // the correction for having looked at all features
  double margin_;
  std::vector<ParetoTail> tails_;
  std::vector<Average> averages_;
  EpisodeTail episodes_;
};

}  // namespace epsilond::models
