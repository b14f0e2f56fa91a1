#pragma once
// Three sums over the features, each looked at over four lengths of time: a spike shows in the shortest, a slow leak in
// the longest.
//
// Formula: for each sum and half-life h of 0, 2, 6.6 and 21.78 rows, E is the average of the sum with that half-life,
// the sum counting as at most 30 sd above its long run in all but the shortest, and x = (E - its long-run mean) / its
// long-run standard deviation (half-life 60 days; 3 sd at most count in learning), which is no less than white noise of
// an sd of 0.2 leaves in such an average: 0.2 sqrt(a / (2 - a)), a = 1 - 2^(-1 / h); g of the largest x of a sum: ln(1
// + x) above 0, x below. The score is the weighted mean of the three g. Where rows are seconds apart the two longest
// would say the same for minutes after an episode: they begin anew at their long-run mean once the average with h = 2
// is less than half as far above its own, and no sum counts as more than 3 sd in them. Source: own work; its numbers:
// docs/models.md, section 9. Cost: about 150 operations per row. Bytes: 300. Hazards: the first 20 rows score 0.

#include <array>
#include <cstddef>

namespace epsilond::models {

class TimeScales {
 public:
  static constexpr std::size_t kSums = 3;
  static constexpr std::size_t kScales = 4;
  static constexpr double kScoredRows = 20.0;  // learned before the first score
  using Sums = std::array<double, kSums>;

  // `ends_soon`: the longest averages begin anew when what they saw is over.
  // `scales`, 1 .. kScales: how many lengths of time are looked at, from the shortest.
  TimeScales(const Sums& weights, bool ends_soon, std::size_t scales = kScales)
      : weights_(weights), ends_soon_(ends_soon), scales_(scales) {}

  using Cells = std::array<double, kSums * kScales>;  // the scales of one sum lie together
  // The averages that these sums as the next row leave.
  Cells averages(const Sums& sums) const;
  // The score of a row that leaves such averages.
  double score(const Cells& averages) const;
  // Moves on to the row that leaves such averages, learned or not.
  void advance(const Cells& averages) {
    average_ = averages;
    begun_ = true;
  }
  // Learns the row that advance() moved on to. `elapsed_s` > 0.
  void learn(double elapsed_s);
  // The next row begins the averages anew; the long run stays.
  void begin_anew() { begun_ = false; }
  void reset() { *this = TimeScales(weights_, ends_soon_, scales_); }

  static constexpr std::size_t kStateDoubles = 3 * kSums * kScales + 2;
  void save(double* out) const;
  // Returns false and changes nothing if `in` is no such state.
  bool load(const double* in);

 private:
  static Cells all(double value) {
    Cells cells;
    cells.fill(value);
    return cells;
  }
  void refresh();

  Sums weights_;
  bool ends_soon_;
  std::size_t scales_;
  Cells average_ = all(0.0);
  Cells mean_ = all(0.0);
  Cells variance_ = all(1.0);
  Cells sd_ = all(1.0);
  double learned_ = 0.0;  // rows
  bool begun_ = false;
};

}  // namespace epsilond::models
