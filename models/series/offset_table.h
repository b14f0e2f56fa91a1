#pragma once
// What is usual in each bucket of the calendar, as an offset from a level: hour of day, hour of week.
//
// Formula: per bucket a mean m of n residuals, m += max(gain, 1 / n) (r - m), n counted up to a most; the offset is
// m n / (n + prior), so that a bucket hardly visited says hardly anything. Source: W. James, C. Stein, Estimation with
// quadratic loss, 1961 (shrinkage); constants: the ensemble's (series_ensemble.h). Cost: a division to ask, one to
// learn. Bytes: 16 per bucket.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "models/learned_bounds.h"

namespace epsilond::models {

struct OffsetSettings {
  double smallest_gain = 0.02;  // of the newest residual, in (0, 1]
  double prior = 5.0;           // residuals that an offset of 0 is worth, > 0
  double most = 50.0;           // residuals that count, >= 1
};

template <std::size_t kBuckets>
class OffsetTable {
 public:
  // 0 for a bucket never visited. `bucket` < kBuckets.
  double offset(std::size_t bucket, const OffsetSettings& settings) const {
    const double count = counts_[bucket];
    return count > 0.0 ? means_[bucket] * count / (count + settings.prior) : 0.0;
  }
  void learn(std::size_t bucket, double residual, const OffsetSettings& settings) {
    double& count = counts_[bucket];
    count += 1.0;
    means_[bucket] += std::max(settings.smallest_gain, 1.0 / count) * (residual - means_[bucket]);
    count = std::min(count, settings.most);
  }
  // False for what no finite residuals leave behind, such as a damaged file.
  bool plausible(const OffsetSettings& settings) const {
    for (std::size_t i = 0; i < kBuckets; ++i)
      if (!is_level(means_[i]) || !(counts_[i] >= 0.0 && counts_[i] <= settings.most)) return false;
    return true;
  }

 private:
  std::array<double, kBuckets> means_{};
  std::array<double, kBuckets> counts_{};
};

}  // namespace epsilond::models
