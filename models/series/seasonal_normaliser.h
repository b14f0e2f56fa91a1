#pragma once
// How unusual is a statistic of a series for this hour of the day, whatever its unit and its own level?
//
// Formula: d = s - level - offset of the hour, level = mean of all s learned; z = |d| / max(sigma, 1e-3 mean |s| +
// 1e-9), sigma by SeasonalScale. Source: own work; docs/models.md, section 9. Cost: as its parts. Bytes: 820.

#include <cmath>
#include <cstddef>

#include "models/series/growing_mean.h"
#include "models/series/offset_table.h"
#include "models/series/seasonal_scale.h"

namespace epsilond::models {

// The lowest scale that is taken serious, of something whose mean size is `mean_size`.
inline double smallest_scale(double mean_size) { return 1e-3 * mean_size + 1e-9; }

class SeasonalNormaliser {
 public:
  double z(std::size_t hour, double statistic, const SeasonalScale::Settings& scale) const {
    const double smallest = smallest_scale(size_.mean_with(std::fabs(statistic)));
    return std::fabs(distance(hour, statistic)) / scale_.sigma(hour, smallest, scale);
  }
  void learn(std::size_t hour, double statistic, const SeasonalScale::Settings& scale) {
    size_.add(std::fabs(statistic));
    scale_.learn(hour, distance(hour, statistic), scale);
    offsets_.learn(hour, statistic - level_.mean(), OffsetSettings());
    level_.add(statistic);
  }
  bool plausible() const {
    return level_.plausible() && size_.plausible() && offsets_.plausible(OffsetSettings()) && scale_.plausible();
  }

 private:
  double distance(std::size_t hour, double statistic) const {
    return level_.empty() ? 0.0 : statistic - level_.mean() - offsets_.offset(hour, OffsetSettings());
  }

  GrowingMean level_;
  GrowingMean size_;  // of |s|
  OffsetTable<SeasonalScale::kHours> offsets_;
  SeasonalScale scale_;
};

}  // namespace epsilond::models
