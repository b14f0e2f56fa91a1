#pragma once
// What the kernel says about its own clock.

#include "platform/result.h"

namespace epsilond::platform {

struct ClockState {
  bool synchronised = false;  // something (chrony, ntpd, systemd-timesyncd) keeps the clock right
  double most_error_s = 0.0;  // how far off it may be, as far as the kernel knows
};

// adjtimex(2), which changes nothing here. An error where a sandbox forbids it.
Result<ClockState> clock_state();

}  // namespace epsilond::platform
