#pragma once
// Median and scale of a set of values that outliers among them do not move.
//
// Formula: median; scale = 1.4826 MAD, the median distance from the median over the upper quartile of a standard
// normal; where the MAD is 0, because at least half of the values are the same, 1.2533 (the root of pi / 2) times the
// mean distance from the median. Both are the standard deviation where the values are Gaussian. The median of an even
// count is the mean of the two middle values, as in numpy. Source: B. Iglewicz, D. C. Hoaglin, How to detect and handle
// outliers, ASQC, 1993 (the modified z-score and its fallback). Golden data: scipy.stats.median_abs_deviation,
// tests/golden/make_zscore_golden.py; equal to the last bit. Cost: two selections, about 10 operations per value.
// Bytes: none. Hazards: the fallback is moved by outliers, and is 0 where all values are the same.

#include <algorithm>
#include <cassert>
#include <cmath>
#include <span>

namespace epsilond::models {

struct RobustMoments {
  double median = 0.0;
  double scale = 0.0;
};

// `values`: not empty; they are put in another order.
template <typename T>
double median_in_place(std::span<T> values) {
  assert(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  const auto upper = static_cast<double>(*middle);
  if (values.size() % 2 == 1) return upper;
  return 0.5 * (static_cast<double>(*std::max_element(values.begin(), middle)) + upper);
}

// `values`: not empty, finite; they are overwritten.
template <typename T>
RobustMoments robust_moments(std::span<T> values) {
  constexpr double kNormalUpperQuartile = 0.6744897501960817;
  constexpr double kRootOfHalfPi = 1.2533141373155001;
  RobustMoments moments;
  moments.median = median_in_place(values);
  double sum = 0.0;
  for (T& value : values) {
    const double distance = std::fabs(static_cast<double>(value) - moments.median);
    sum += distance;
    value = static_cast<T>(distance);
  }
  moments.scale = median_in_place(values) / kNormalUpperQuartile;
  if (!(moments.scale > 0.0)) moments.scale = kRootOfHalfPi * sum / static_cast<double>(values.size());
  return moments;
}

}  // namespace epsilond::models
