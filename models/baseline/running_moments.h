#pragma once
// Running mean and variance: of everything (Welford), and with exponential forgetting by real elapsed time.
//
// Formula: delta = x - mean; mean += delta / n; m2 += delta (x - new mean); variance = m2 / n.
// Source: B. P. Welford, Note on a method for calculating corrected sums of squares and products, Technometrics 4(3),
// 1962. Golden data: NumPy (mean, var in extended precision), tests/golden/make_golden.py.
// Cost: about ten floating point operations and one division per value. Bytes: RunningMoments 32, ForgettingMoments 24.
// Hazards: the mean is kept as a distance from the first value, because a mean near 8e12 has no room left for a step of
// 0.3 / n (14 units in the last place were lost in a thousand values); never from sums of squares (a thousand values
// near 8e12 with variance 0.083 give 5e10 that way); removing values leaves rounding behind, so whoever slides a window
// adds its values up anew now and then.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "models/elementary.h"
#include "models/learned_bounds.h"

namespace epsilond::models {

// Mean and variance of all values added. Non-finite values are the caller's to keep out.
class RunningMoments {
 public:
  void add(double value) {
    if (count_++ == 0) origin_ = value;
    const double offset = value - origin_;
    const double delta = offset - mean_offset_;
    mean_offset_ += delta / static_cast<double>(count_);
    squares_ += delta * (offset - mean_offset_);
  }
  // Takes back a value that was added before. The rounding of both stays behind.
  void remove(double value) {
    if (count_ <= 1) {
      reset();
      return;
    }
    --count_;
    const double offset = value - origin_;
    const double delta = offset - mean_offset_;
    mean_offset_ -= delta / static_cast<double>(count_);
    squares_ = std::max(0.0, squares_ - delta * (offset - mean_offset_));
  }
  void reset() { *this = RunningMoments(); }

  std::uint64_t count() const { return count_; }
  double mean() const { return origin_ + mean_offset_; }  // 0 when empty
  // Maximum likelihood: divisor n; 0 when empty. Exactly 0 if all values are equal and none was removed.
  double variance() const { return count_ == 0 ? 0.0 : squares_ / static_cast<double>(count_); }

 private:
  std::uint64_t count_ = 0;
  double origin_ = 0.0;       // the first value
  double mean_offset_ = 0.0;  // mean - origin_
  double squares_ = 0.0;      // sum of squared deviations from the mean
};

// The share that `elapsed_s` takes from what is remembered with this half-life: 1 - 2^(-elapsed / half_life), in (0,
// 1].
inline double forgotten_share(double elapsed_s, double half_life_s) {
  const double y = elapsed_s * (0.6931471805599453 / half_life_s);
  // The usual case is a short time; there the series of 1 - exp(-y) is as exact as the function (the first term left
  // out is y^9 / 9!) and costs a fifth of it.
  constexpr double kShort = 1.0 / 32.0;
  if (!(y >= 0.0 && y <= kShort)) return -models::expm1(-y);
  const double y2 = y * y;
  const double first = (1.0 - y / 2.0) + y2 * (1.0 / 6.0 - y * (1.0 / 24.0));
  const double last = (1.0 / 120.0 - y * (1.0 / 720.0)) + y2 * (1.0 / 5040.0 - y * (1.0 / 40320.0));
  return y * (first + y2 * y2 * last);
}

// The weight of the newest value under exponential forgetting: forgotten_share(), but never less than an equal share,
// 1 / (count + 1), so that a young average is a plain mean. In (0, 1]. `count`: values learned before.
inline double forgetting_gain(double forgotten, double count) { return std::max(forgotten, 1.0 / (count + 1.0)); }

// Mean and variance under exponential forgetting: the exact Welford form of the weighted average, so with an equal
// share for every value it is RunningMoments.
struct ForgettingMoments {
  double count = 0.0;  // values learned; real-valued so that a model may shorten its memory
  double mean = 0.0;
  double variance = 0.0;

  // `forgotten`: see forgotten_share().
  void add(double value, double forgotten) { add_residual(value - mean, forgetting_gain(forgotten, count)); }
  // `residual`: what the value differs from the mean by, clipped or otherwise made robust; `gain` in (0, 1].
  void add_residual(double residual, double gain) {
    mean += gain * residual;
    variance = (1.0 - gain) * (variance + gain * residual * residual);
    count += 1.0;
  }
  // False for what no stream of readings leaves behind, such as a damaged file.
  bool plausible() const { return is_count(count) && is_level(mean) && is_square(variance); }
};

}  // namespace epsilond::models
