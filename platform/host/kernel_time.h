#pragma once
// The kernel's clocks and its way of writing a time.

#include <time.h>

#include <chrono>

namespace epsilond::platform {

static_assert(sizeof(time_t) == 8, "a clock of 32 bits ends in 2038");

inline std::chrono::nanoseconds read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

inline timespec to_timespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  timespec result{};
  result.tv_sec = static_cast<decltype(result.tv_sec)>(seconds.count());
  result.tv_nsec = static_cast<decltype(result.tv_nsec)>((time - seconds).count());
  return result;
}

}  // namespace epsilond::platform
