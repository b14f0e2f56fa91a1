#include "platform/host/linux_clock.h"

#include <time.h>

#include "platform/host/kernel_time.h"

namespace epsilond::platform {

LinuxClock::LinuxClock() { ::tzset(); }

std::chrono::nanoseconds LinuxClock::monotonic() const { return read_clock(CLOCK_MONOTONIC); }

std::chrono::nanoseconds LinuxClock::since_boot() const { return read_clock(CLOCK_BOOTTIME); }

std::chrono::nanoseconds LinuxClock::wall() const { return read_clock(CLOCK_REALTIME); }

std::chrono::seconds LinuxClock::utc_offset(std::chrono::nanoseconds wall) const {
  const auto seconds = static_cast<time_t>(std::chrono::floor<std::chrono::seconds>(wall).count());
  tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return std::chrono::seconds(0);
  return std::chrono::seconds(local.tm_gmtoff);
}

}  // namespace epsilond::platform
