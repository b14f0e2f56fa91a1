#pragma once
// When numbers go out: once in each period, at a phase that is this host's own, so that a fleet does not send as one.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace epsilond::agent {

// In [0, period): by a fingerprint of what tells this host from others. `period` > 0.
std::chrono::nanoseconds phase_of(std::string_view machine_id, std::string_view host, std::chrono::nanoseconds period);

// A host without one is told by its name.
inline constexpr const char* kMachineIdPath = "/etc/machine-id";

// What stands there, or empty.
std::string machine_id();

class Schedule {
 public:
  Schedule(std::chrono::nanoseconds period, std::chrono::nanoseconds phase) : period_(period), phase_(phase) {}

  // At the first call, and then at the first one in each new period of the wall clock. A call that is a period after
  // the last one, but for what a tick may come early, is due as well: where the ticks are as long as the period, none
  // is passed over because it came a little before the period began. A clock that was set makes one period shorter or
  // longer.
  bool due(std::chrono::nanoseconds wall) {
    const std::int64_t number = (wall - phase_).count() / period_.count();
    const bool is_new = !begun_ || number != number_;
    number_ = number;
    const std::chrono::nanoseconds since = wall - last_;
    const bool is_late = since >= period_ - std::min(period_ / 10, kEarlyTick);
    // The one that came early was for the period that begins now.
    const bool was_early = early_ && since >= since.zero() && since < period_ / 2;
    if (was_early || !(is_new || is_late)) return false;
    begun_ = true;
    early_ = !is_new;
    last_ = wall;
    return true;
  }

 private:
  static constexpr std::chrono::nanoseconds kEarlyTick = std::chrono::milliseconds(100);

  std::chrono::nanoseconds period_;
  std::chrono::nanoseconds phase_;
  std::int64_t number_ = 0;
  std::chrono::nanoseconds last_{0};
  bool begun_ = false;
  bool early_ = false;
};

}  // namespace epsilond::agent
