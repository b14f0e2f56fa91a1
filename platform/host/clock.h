#pragma once
// Time, as an interface, so a test can own it.

#include <chrono>

namespace epsilond::platform {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::nanoseconds monotonic() const = 0;  // CLOCK_MONOTONIC: for rates and durations
  virtual std::chrono::nanoseconds wall() const = 0;       // CLOCK_REALTIME since the Unix epoch: for people and calendars
  // Seconds to add to UTC for local wall time at `wall` (DST included).
  virtual std::chrono::seconds utc_offset(std::chrono::nanoseconds wall) const = 0;
};

}  // namespace epsilond::platform
