#pragma once
// What a feature does at this hour more than on the whole: half-hour bins of the day, and hours of the week on top.
//
// Formula: season = sum over the two nearest half-hour bins of weight * mean * n / (n + 3), linear between bin centres;
// plus, for hour-of-week, the mean of what is left in this hour of the week * m / (m + 5). n and m count visits: one
// day of samples in a half-hour bin is one visit, whatever the sampling interval. A bin's mean is an average of its
// visits with a half-life of 7 visits (of the week: 4); a bin hardly visited so far says hardly anything. The spread of
// an hour of the day is the root of the mean of min(|z|, 3)^2 there, shrunk to 1 as its mean is to 0, and at least
// sqrt(0.1). Source: shrinkage towards the coarser mean is James and Stein, Estimation with quadratic loss, 1961; the
// numbers: docs/models.md, section 9. Cost: finding the slot, once per sample, about 20 operations; per feature and
// call about 15. Bytes: 576 per feature for hour-of-day, 1920 for hour-of-week. Hazards: the bins follow the local
// clock, so a change to summer time moves the pattern by an hour, as people do; a level that shifts inside a bin is
// seen by bin and level alike, and the shrinkage settles who keeps it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/feature_lanes.h"

namespace epsilond::models {

enum class BaselineKind : std::uint8_t { kGlobal, kHourOfDay, kHourOfWeek };

class SeasonalBaseline {
 public:
  static constexpr std::size_t kDayBins = 48;
  static constexpr std::size_t kWeekBins = 168;

  // Where a moment lies in the season. One per sample, shared by all features.
  struct Slot {
    std::array<std::size_t, 2> day_bin{};  // the two half hours whose centres are nearest
    std::array<double, 2> day_weight{};    // add up to 1
    std::size_t week_bin = 0;
  };

  // What a stretch of time weighs in the bins of a slot. One per sample as well: it costs the exponentials.
  struct Visit {
    Slot slot;
    std::array<double, 2> day_visits{};  // the part of a visit to each half hour
    std::array<double, 2> day_gain{};    // the least weight of the new value
    double week_visits = 0.0;
    double week_gain = 0.0;
  };

  // Storage for `feature_count` features is allocated here and never again.
  SeasonalBaseline(BaselineKind kind, std::size_t feature_count);

  BaselineKind kind() const { return kind_; }
  // `local_time_s`: seconds since 1970-01-01 00:00 on the local clock; any finite value, non-finite counts as 0.
  static Slot slot(double local_time_s);
  // `elapsed_s` > 0: how long the sample stands for.
  static Visit visit(const Slot& slot, double elapsed_s);

  // What to add to the feature's level now. 0 for kGlobal and for bins never visited.
  double expected(std::size_t feature, const Slot& slot) const;
  // The parts that expected() adds up, of every feature.
  struct Parts {
    PerFeature day;
    PerFeature week;
    PerFeature spread;  // what the feature's sd is to be multiplied by now; 1 for kGlobal and for bins never visited
  };
  void parts(const Slot& slot, Parts& parts) const;
  // Of each feature whose `taken` is 1, not 0, a value that lies `above_level` above its level (season included). `sd`
  // > 0, the feature's present one, bounds what one value can do: it counts as at most 18 sd away from the bin's mean
  // for the day, and 3 sd of what is left for the week. The numbers of the others must be finite.
  struct Lesson {
    PerFeature above_level;
    PerFeature sd;
    PerFeature taken;
    bool spread_too = false;
  };
  // `parts`: of the visit's slot.
  void learn_all(const Visit& visit, const Parts& parts, const Lesson& lesson);
  void forget(std::size_t feature);
  void reset();

  std::size_t memory_bytes() const { return sizeof(*this) + cells_.capacity() * sizeof(float); }
  // The learned state, for saving and restoring: per feature, day means, day visits, day spreads, then for kHourOfWeek
  // week means, week visits.
  std::size_t cell_count() const { return feature_count_ * row_count_; }
  float cell(std::size_t i) const { return cells_[i % row_count_ * feature_count_ + i / row_count_]; }
  void set_cell(std::size_t i, float value) { cells_[i % row_count_ * feature_count_ + i / row_count_] = value; }
  // Does this one count visits (never negative), or is it a mean?
  bool is_visits(std::size_t i) const;

 private:
  BaselineKind kind_;
  std::size_t feature_count_;
  std::size_t row_count_;     // floats per feature
  std::vector<float> cells_;  // rows of one float per feature: what a moment needs of all features lies together
};

}  // namespace epsilond::models
