#pragma once
// Durations as numbers.

#include <chrono>

namespace epsilond::platform {

inline double seconds_of(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace epsilond::platform
