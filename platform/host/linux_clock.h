#pragma once
// The clock of the machine.

#include "platform/host/clock.h"

namespace epsilond::platform {

class LinuxClock final : public Clock {
 public:
  // Reads the time zone (TZ, else /etc/localtime) once, now: do it before the sandbox closes the file system.
  LinuxClock();

  std::chrono::nanoseconds monotonic() const override;
  std::chrono::nanoseconds since_boot() const override;
  std::chrono::nanoseconds wall() const override;
  // 0 where the time zone data cannot be read, as the C library then takes UTC.
  std::chrono::seconds utc_offset(std::chrono::nanoseconds wall) const override;
};

}  // namespace epsilond::platform
