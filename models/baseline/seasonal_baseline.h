#pragma once
// What a feature does at this hour more than on the whole: half-hour bins of the day, and hours of the week on top.
//
// Formula: season = sum over the two nearest half-hour bins of weight * mean * n / (n + 3), linear between bin centres;
// plus, for hour-of-week, the mean of what is left in this hour of the week * m / (m + 5). n and m count visits: one
// day of samples in a half-hour bin is one visit, whatever the sampling interval. A bin's mean is an average of its
// visits with a half-life of 7 visits (of the week: 4); a bin hardly visited so far says hardly anything. Source:
// shrinkage towards the coarser mean is James and Stein, Estimation with quadratic loss, 1961; the constants were
// measured on server metrics at 60 s and 300 s. Cost: finding the slot, once per sample, about 20 operations; per
// feature and call about 15, and six divisions more where features have not been visited equally long. Bytes: 384 per feature for hour-of-day, 1728 for hour-of-week. Hazards: the bins follow
// the local clock, so a change to summer time moves the pattern by an hour, as people do; a level that shifts inside a
// bin is seen by bin and level alike, and the shrinkage settles who keeps it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

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
  // The parts that expected() adds up, of every feature; of the size the baseline was built for, and 0 where there is none.
  void parts(const Slot& slot, std::span<double> day, std::span<double> week) const;
  // Learns one finite value that lies `above_level` above the feature's level (season included). `sd` > 0, the
  // feature's present one, bounds what one value can do: it counts as at most 12 sd away from the bin's mean for the
  // day, and 3 sd of what is left for the week.
  void learn(std::size_t feature, const Visit& visit, double above_level, double sd);
  // The same for each feature that `learned` names, from what parts() said of the visit's slot.
  struct Lesson {
    std::span<const double> above_level;
    std::span<const double> sd;
    std::span<const double> day;
    std::span<const double> week;
  };
  void learn_all(std::uint64_t learned, const Visit& visit, const Lesson& lesson);
  void reset();

  std::size_t memory_bytes() const { return sizeof(*this) + cells_.capacity() * sizeof(float); }
  // The learned state, for saving and restoring: bins and visits of all features.
  std::span<float> cells() { return cells_; }
  std::span<const float> cells() const { return cells_; }
  // Of cells(): does this one count visits (never negative), or is it a mean?
  bool is_visits(std::size_t cell) const;

 private:
  // For the features whose storage begins at `cells`.
  void parts_from(const float* cells, const Slot& slot, std::span<double> day, std::span<double> week) const;
  void learn_from(float* cells, std::uint64_t learned, const Visit& visit, const Lesson& lesson) const;

  BaselineKind kind_;
  std::size_t stride_;        // floats per feature
  std::vector<float> cells_;  // per feature: day means, day visits, then for kHourOfWeek week means, week visits
};

}  // namespace epsilond::models
