#pragma once
// Time, as an interface, so a test can own it.

#include <chrono>
#include <cstdint>

namespace epsilond::platform {

// `time` in whole units of To, rounded down. std::chrono::floor compares in nanoseconds and overflows near the ends of
// their range, which a clock set to nonsense can reach.
template <typename To>
constexpr To floor_to(std::chrono::nanoseconds time) {
  constexpr std::int64_t kUnit = std::chrono::nanoseconds(To(1)).count();
  const std::int64_t whole = time.count() / kUnit - (time.count() % kUnit < 0 ? 1 : 0);
  return To(whole);
}

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::nanoseconds monotonic() const = 0;  // CLOCK_MONOTONIC: for rates and durations
  virtual std::chrono::nanoseconds since_boot() const = 0;  // CLOCK_BOOTTIME: runs while the machine sleeps
  virtual std::chrono::nanoseconds wall() const = 0;       // CLOCK_REALTIME since the Unix epoch: for people and calendars
  // Seconds to add to UTC for local wall time at `wall` (DST included).
  virtual std::chrono::seconds utc_offset(std::chrono::nanoseconds wall) const = 0;
};

}  // namespace epsilond::platform
