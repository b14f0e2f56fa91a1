#pragma once
// When what failed is tried again.

#include <chrono>
#include <optional>

namespace epsilond::agent {

class OnceAMinute {
 public:
  // To be asked as often as one likes: true once a minute. The first minute begins with the first call.
  bool is_due(std::chrono::nanoseconds monotonic) {
    const bool due = began_ && monotonic - *began_ >= std::chrono::minutes(1);
    if (due || !began_) began_ = monotonic;
    return due;
  }

 private:
  std::optional<std::chrono::nanoseconds> began_;
};

}  // namespace epsilond::agent
