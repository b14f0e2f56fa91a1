#pragma once
// By how much is a value beyond everything that was learned?
//
// Formula: (x - max) / (max - min) above the maximum, (min - x) / (max - min) below the minimum, else 0; 0 too for the
// first three values and while all are the same. Cost: a division. Bytes: 24.

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/learned_bounds.h"

namespace epsilond::models {

class RangeRecord {
 public:
  double excess(double value) const {
    if (count_ < kFewest || !(highest_ > lowest_)) return 0.0;
    return std::max({value - highest_, lowest_ - value, 0.0}) / (highest_ - lowest_);
  }
  void learn(double value) {
    count_ += 1.0;
    lowest_ = std::min(lowest_, value);
    highest_ = std::max(highest_, value);
  }
  bool plausible() const {
    if (count_ == 0.0) return lowest_ == kInfinity && highest_ == -kInfinity;
    return is_count(count_) && is_level(lowest_) && is_level(highest_) && lowest_ <= highest_;
  }

 private:
  static constexpr double kFewest = 3.0;
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  double count_ = 0.0;
  double lowest_ = kInfinity;
  double highest_ = -kInfinity;
};

}  // namespace epsilond::models
