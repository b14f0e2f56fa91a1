#pragma once
// A clock that knows only where it hangs: two hours east of Greenwich.

#include <chrono>

#include "platform/host/clock.h"

namespace epsilond::tests {

class ZoneClock final : public platform::Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return {}; }
  std::chrono::nanoseconds since_boot() const override { return {}; }
  std::chrono::nanoseconds wall() const override { return {}; }
  std::chrono::seconds utc_offset(std::chrono::nanoseconds) const override { return std::chrono::hours(2); }
};

}  // namespace epsilond::tests
