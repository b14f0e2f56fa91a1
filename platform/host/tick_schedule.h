#pragma once
// When the ticks are: on whole multiples of the interval by a clock that its owner reads, which may be wrong.

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace epsilond::platform {

// All times are of one clock that does not go back; where it does, or tells nonsense once, no tick is further off than
// one interval for longer than two readings.
class TickSchedule {
 public:
  // `interval` > 0. The next tick is its first multiple after `now`; one that was due is forgotten, not counted.
  void begin(std::chrono::nanoseconds interval, std::chrono::nanoseconds now) {
    interval_ = interval;
    next_ = first_after(now);
    far_ = 0;
  }

  // How long to sleep, from 0 to one interval.
  std::chrono::nanoseconds until_next(std::chrono::nanoseconds now) const {
    return std::clamp(next_ - now, std::chrono::nanoseconds(0), interval_);
  }

  // True if a tick is due; then it is over, and so are those after it that passed, which are counted in missed().
  bool take(std::chrono::nanoseconds now) {
    const std::chrono::nanoseconds late = now - next_;
    if (late < std::chrono::nanoseconds(0)) {
      // Further ahead than a tick can be, and not by one wrong reading: the clock had leapt ahead, and is back.
      far_ = late < -interval_ ? far_ + 1 : 0;
      if (far_ >= kReadingsToBelieve) begin(interval_, now);
      return false;
    }
    far_ = 0;
    const std::int64_t passed = late / interval_;
    missed_ += static_cast<std::uint64_t>(passed);
    next_ += (passed + 1) * interval_;
    return true;
  }

  std::uint64_t missed() const { return missed_; }

 private:
  static constexpr int kReadingsToBelieve = 2;

  std::chrono::nanoseconds first_after(std::chrono::nanoseconds now) const { return (now / interval_ + 1) * interval_; }

  std::chrono::nanoseconds interval_{1};
  std::chrono::nanoseconds next_{0};
  std::uint64_t missed_ = 0;
  int far_ = 0;  // readings in a row by which the next tick is further off than an interval
};

}  // namespace epsilond::platform
