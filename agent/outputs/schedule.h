#pragma once
// When numbers go out: once in each period, at a phase that is this host's own, so that a fleet does not send as one.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace epsilond::agent {

// In [0, period): by a fingerprint of what tells this host from others. `period` > 0.
std::chrono::nanoseconds phase_of(std::string_view machine_id, std::string_view host, std::chrono::nanoseconds period);

// /etc/machine-id, or empty: a host without one is told by its name.
std::string machine_id();

class Schedule {
 public:
  Schedule(std::chrono::nanoseconds period, std::chrono::nanoseconds phase) : period_(period), phase_(phase) {}

  // At the first call, and then at the first one in each new period of the wall clock. A clock that was set makes one
  // period shorter or longer.
  bool due(std::chrono::nanoseconds wall) {
    const std::int64_t number = (wall - phase_).count() / period_.count();
    if (begun_ && number == number_) return false;
    begun_ = true;
    number_ = number;
    return true;
  }

 private:
  std::chrono::nanoseconds period_;
  std::chrono::nanoseconds phase_;
  std::int64_t number_ = 0;
  bool begun_ = false;
};

}  // namespace epsilond::agent
