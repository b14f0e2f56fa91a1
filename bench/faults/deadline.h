#pragma once
// What every disturbance needs: an end, a pause, and a way to say what failed.

#include <cstdio>
#include <ctime>

namespace epsilond::bench {

// `seconds` from its construction on, by the monotonic clock.
class Deadline {
 public:
  explicit Deadline(unsigned long seconds) {
    clock_gettime(CLOCK_MONOTONIC, &end_);
    end_.tv_sec += static_cast<time_t>(seconds);
  }

  bool passed() const {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec != end_.tv_sec ? now.tv_sec > end_.tv_sec : now.tv_nsec >= end_.tv_nsec;
  }

 private:
  timespec end_{};
};

// May be shorter where a signal arrives.
inline void sleep_ms(long milliseconds) {
  const timespec duration{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  nanosleep(&duration, nullptr);
}

// The exit code of a program whose system call `what` failed, which is said on stderr.
inline int failed(const char* what) {
  std::perror(what);
  return 1;
}

}  // namespace epsilond::bench
