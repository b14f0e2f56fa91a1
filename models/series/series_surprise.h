#pragma once
// How rare is a score of the series ensemble, on any series? One line for all of them, so that a score means the same
// in every file: a tail fitted to the series itself would call the worst row of a healthy file as strange as a real
// fault.
//
// Formula: surprise = 3.1 + 2.65 log10(score / 1.15), not below 0: a healthy series has an episode of that score or
// more once in 10^surprise values, a power law. Source: counted, not derived. Starts of runs of scores >= 1.15, 1.5, 2,
// 3, 4 per value, as -log10, against the line's 3.10, 3.41, 3.74, 4.20, 4.53:
//   Numenta Anomaly Benchmark outside its windows, 38 files, 243,000 values   3.14  3.44  3.84  4.18  4.54
//   operations metrics of two clouds, a minute, 81,000 values                 3.19  3.28  3.36  3.87  4.43
//   made series at five minutes, 96,000 values each (white, autocorrelated,
//   Student t of 3 degrees, daily wave, lognormal), from .. to                2.8-3.8  3.1-3.9  3.4-4.4  3.7-4.5  3.9-
// Cost: a logarithm. Hazards: one series may be ten times better or worse than the line; beyond 4 it is extrapolated
// from a handful of episodes.

#include <algorithm>

#include "models/elementary.h"

namespace epsilond::models {

// -log10 of episodes per value; >= 0, finite for a finite score, never decreasing; 0 for NaN and for what is not above
// 0.
inline double series_surprise(double score) {
  constexpr double kScore = 1.15;
  constexpr double kSurprise = 3.1;
  constexpr double kExponent = 2.65;
  if (!(score > 0.0)) return 0.0;
  return std::max(0.0, kSurprise + kExponent * models::log10(score / kScore));
}

}  // namespace epsilond::models
