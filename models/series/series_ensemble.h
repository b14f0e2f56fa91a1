#pragma once
// How unusual is the latest value of one series? Nine z-scores of it over several windows of time, each against its own
// past by hour of the day and week, each weighted by how rare that z-score has been.
//
// Formula: with dt the sampling interval, K(T) = max(1, round(T / dt)) values, l = mean of all values, H and Q offsets
// by hour of day and week (offset_table.h; Q: gain 0.05, prior 24, most 20), r = x - l - H, r_w = r - Q:
//
//   J15m, J1h, J4h   mean of r_w over that time; sigma by seasonal_scale.h          c = 3.78, 3.04, 2.29
//   X15m, X1h        mean of r; sigma with exponential forgetting, 2 / 2001         c = 3.71, 3.13
//   D4h, D8h         mean of the last 4 h minus that of the 24 h before; 8 h, 12 h  c = 2.08, 2.00
//   V8h              standard deviation of the last 8 h; as D by                    c = 2.21
//                    seasonal_normaliser.h
//   R                range_record.h                                                 c = 0.00828
//
// score = mean over the nine, J4h counting twice, of min(z / c, 1.5) sqrt(rarity of z), rarity by tail_histogram.h. No
// sigma is below 1e-3 mean |x| + 1e-9. Each value is scored before it is learned. Source: own work; its numbers:
// docs/models.md, section 9. Golden data: an independent NumPy program, tests/golden/make_series_golden.py. Cost: 1 to
// 2 us per value scored and learned. Bytes: 40 KB at 300 s, 52 KB at 60 s. Hazards: time selects the hour only, windows
// count values: a gap shifts nothing and a repeated or backward time is a value like any other; the lowest scale of
// 1e-9 has a unit, so a series of smaller numbers shows nothing; never forgets a spike, which keeps a spiky series
// quiet; the scores of the first kSilentValues values mean nothing, nor do those while it is opening().

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "models/series/growing_mean.h"
#include "models/series/offset_table.h"
#include "models/series/range_record.h"
#include "models/series/seasonal_normaliser.h"
#include "models/series/seasonal_scale.h"
#include "models/series/sliding_windows.h"
#include "models/series/tail_histogram.h"

namespace epsilond::models {

class SeriesEnsemble {
 public:
  static constexpr std::size_t kFeatures = 9;
  // Values before a score may be judged.
  static constexpr std::uint64_t kSilentValues = 100;
  static constexpr double kSmallestIntervalS = 0.1;

  // `interval_s`: nominal time between values, finite, > 0; below kSmallestIntervalS it counts as that.
  explicit SeriesEnsemble(double interval_s);
  SeriesEnsemble(SeriesEnsemble&&) = default;
  SeriesEnsemble& operator=(SeriesEnsemble&&) = default;

  // In [0, about 10); larger = stranger. Changes nothing. `time_s`: as Observation::local_time_s; one that is not
  // finite counts as 0. A value that is not finite scores 0, and is left out of everything; beyond
  // kLargestReading it counts as that.
  double score(double time_s, double value) const;
  // Moves the windows on behind `value`; the tables learn nothing. Of values that are not learned, the first of each
  // run goes into the tails and the range all the same: if what is flagged were kept from them, they would call ever
  // more of it rare.
  void advance(double time_s, double value);
  // The tables learn the value that advance() was called with last; nothing if they did already.
  void learn();
  // score(), advance() and learn() in one.
  double push(double time_s, double value);

  struct Expectation {
    double mean = 0.0;
    double sd = 0.0;  // sigma of J15m: of a mean over a quarter of an hour, or of one value where they are rarer; > 0
  };
  // Of a value at that time. The mean is 0 before anything was learned.
  Expectation expectation(double time_s) const;

  std::uint64_t learned() const { return learned_; }
  // True while the score of the next value had better not be judged: D8h and D4h are 0 until their windows are full, at
  // an age of 20 h and 28 h, and against a past of nothing but zeros the first hour of each is an enormous z-score.
  bool opening() const;
  void reset();

  std::size_t memory_bytes() const;
  std::size_t state_bytes() const;
  void save(std::span<std::byte> out) const;
  // Returns false and changes nothing if `in` is not the state of an ensemble with the same interval.
  bool load(std::span<const std::byte> in);

 private:
  static constexpr std::size_t kMeans = 5;        // J15m, X15m, J1h, X1h, J4h
  static constexpr std::size_t kNormalised = 3;   // D4h, D8h, V8h
  static constexpr std::size_t kDifferences = 2;  // D4h, D8h

  // The calendar place of a value and everything that is made of it, before it is learned.
  struct Reading {
    bool valid = false;
    std::size_t hour = 0;
    std::size_t week_hour = 0;
    double value = 0.0;
    double above_level = 0.0;
    double above_hour = 0.0;  // what the hour of the week learns
    double day_residual = 0.0;
    double week_residual = 0.0;
    std::array<bool, kMeans + kDifferences> full{};
    std::array<double, kMeans + kNormalised> statistic{};
    std::array<double, kFeatures> z{};
    std::array<double, kFeatures> position{};
  };
  // What is learned, but for the tails.
  struct Tables {
    GrowingMean level;
    GrowingMean size;  // of |x|
    OffsetTable<24> day;
    OffsetTable<168> week;
    std::array<SeasonalScale, kMeans> scales;
    std::array<SeasonalNormaliser, kNormalised> normalisers;
    RangeRecord range;
    std::array<double, kDifferences> differences{};  // learned, of full windows, up to an hour of them

    bool plausible() const;
  };

  std::size_t values_in(double time_s) const;
  Reading read(double time_s, double value) const;
  void read_windows(Reading& reading) const;
  double combine(const Reading& reading) const;
  void learn_extremes();
  bool take(std::span<const std::byte> in);

  double interval_s_;
  std::array<SeasonalScale::Settings, kMeans + kNormalised> scale_settings_{};
  SlidingWindows week_windows_;   // of r_w: 15 min, 1 h, 4 h
  SlidingWindows day_windows_;    // of r: 15 min, 1 h
  SlidingWindows value_windows_;  // of x - origin: the last 4 h, the 24 h before, the last 8 h, the 12 h before
  double values_per_hour_;
  double origin_ = 0.0;  // the first value: differences of means keep their digits
  Tables tables_;
  std::array<TailHistogram, kFeatures> tails_;
  std::uint64_t learned_ = 0;
  Reading latest_;
  bool left_out_ = false;  // the value before the latest was not learned
};

}  // namespace epsilond::models
