#pragma once
// How often others may wake the agent, so that nobody who talks to it can take the processor from the host.

#include <chrono>

namespace epsilond::agent {

class WakeLimit {
 public:
  // Of an answer to epsilonctl a wake-up sends some 24 kB, and a scrape takes two.
  static constexpr unsigned kMostPerSecond = 500;

  // Somebody has woken it.
  void woke(std::chrono::nanoseconds monotonic) {
    if (monotonic - second_began_ >= kSecond) {
      second_began_ = monotonic;
      wakes_ = 0;
    }
    ++wakes_;
  }
  // How long nobody is to be listened to: the rest of a second that had enough; 0: not at all.
  std::chrono::milliseconds rest(std::chrono::nanoseconds monotonic) const {
    const std::chrono::nanoseconds left = second_began_ + kSecond - monotonic;
    if (wakes_ < kMostPerSecond || left <= left.zero()) return std::chrono::milliseconds(0);
    return std::chrono::ceil<std::chrono::milliseconds>(left);
  }

 private:
  static constexpr std::chrono::seconds kSecond{1};

  std::chrono::nanoseconds second_began_{0};
  unsigned wakes_ = 0;
};

}  // namespace epsilond::agent
