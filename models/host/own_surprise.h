#pragma once
// How rare is a deviation by the tail of its own feature? No rarer than a Gaussian would call it.

#include <algorithm>
#include <cmath>

#include "models/decision/tail.h"
#include "models/density/gaussian.h"

namespace epsilond::models {

inline constexpr double kOddFrom = 1.0;  // surprises below are everyday
// A Gaussian's surprise is just below kOddFrom at this |z|; being convex in |z|, it stays below the chord up to there.
inline constexpr double kOddFromZ = 1.6448;

// >= 0, finite.
inline double own_surprise(const ParetoTail& tail, double z) {
  const double own = tail.surprise(z);
  if (own <= standard_surprise_at_least(std::fabs(z))) return own;
  return std::min(own, standard_surprise(std::fabs(z)));
}

}  // namespace epsilond::models
