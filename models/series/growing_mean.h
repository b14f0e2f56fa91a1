#pragma once
// The mean of everything that was learned, which can be asked what it will be with one value more.
//
// Formula: m += (x - m) / n. Cost: a division. Bytes: 16.

#include <cmath>

#include "models/learned_bounds.h"

namespace epsilond::models {

class GrowingMean {
 public:
  bool empty() const { return count_ == 0.0; }
  double count() const { return count_; }
  double mean() const { return mean_; }  // 0 when empty
  double mean_with(double value) const { return mean_ + 1.0 / (count_ + 1.0) * (value - mean_); }
  void add(double value) {
    mean_ = mean_with(value);
    count_ += 1.0;
  }
  bool plausible() const { return is_level(mean_) && is_count(count_); }

 private:
  double count_ = 0.0;
  double mean_ = 0.0;
};

}  // namespace epsilond::models
