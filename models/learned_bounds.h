#pragma once
// What a saved state may say was learned, beyond being finite: for the judgement of states that are loaded.
//
// A reading is at most kLargestReading (observation.h), so no level, step or deviation that comes of readings is larger
// than kLargestLevel, with fifteen places for deviations in small units, and no square larger than kLargestSquare,
// whose own square is still a number. What is larger nobody learned: it is a damaged or a foreign file, and a model
// that took it would score with infinities, or save a state that the next start refuses.

#include <cmath>

namespace epsilond::models {

inline constexpr double kLargestLevel = 1e45;
inline constexpr double kLargestSquare = 1e100;
inline constexpr double kMostLearned = 1e15;  // values, or seconds: 30 million years

// All are false for what is not a number.
inline bool is_level(double value) { return std::fabs(value) <= kLargestLevel; }
inline bool is_size(double value) { return value >= 0.0 && value <= kLargestLevel; }
inline bool is_square(double value) { return value >= 0.0 && value <= kLargestSquare; }
inline bool is_count(double value) { return value >= 0.0 && value <= kMostLearned; }

}  // namespace epsilond::models
