#pragma once
// What time means to every live detector: how much a sample stands for, and how long what was learned is kept.
//
// Source: own work; its numbers: docs/models.md, section 9. Cost: a few operations.

#include <algorithm>
#include <cmath>

namespace epsilond::models {

inline constexpr double kLevelHalfLifeS = 5.0 * 86400.0;
inline constexpr double kGapIntervals = 10.0;

// The gain of an exponential average with a half-life of two rows, what a value was of late: 1 - 2^(-1 / 2).
inline constexpr double kOfLateGain = 0.2928932188134524;

// Nothing was seen for so long that a row says nothing of what changed since the one before it.
inline bool is_gap(double elapsed_s, double interval_s) { return elapsed_s > kGapIntervals * interval_s; }

// Do rows say the same one after the other, as they do where they are seconds apart?
inline bool rows_are_dense(double interval_s) { return interval_s < 10.0; }

// Seconds that a sample stands for: the measured ones, but a gap counts as kGapIntervals, for what was not seen was not
// learned; one interval where they cannot be (not finite, or not above 0).
inline double counted_elapsed_s(double elapsed_s, double interval_s) {
  if (!std::isfinite(elapsed_s) || elapsed_s <= 0.0) return interval_s;
  return std::min(elapsed_s, kGapIntervals * interval_s);
}

// Half-life in seconds of what is not learned while an episode is open: the last level counts, not the way there.
inline double held_half_life_s(double interval_s) { return std::max(600.0, 60.0 * interval_s); }

// Capacity of a tail that remembers 28 days. Single precision counts whole values exactly up to four times the largest.
inline double tail_memory(double interval_s) { return std::clamp(28.0 * 86400.0 / interval_s, 4096.0, 4194304.0); }

}  // namespace epsilond::models
