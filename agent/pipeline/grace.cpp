#include "agent/pipeline/grace.h"

#include <algorithm>
#include <cmath>

#include "platform/seconds.h"

namespace epsilond::agent {

Continuity::Continuity(double interval_s) : limit_s_(std::max(kBreakIntervals * interval_s, kBreakS)) {}

Passage Continuity::advance(double elapsed_s, std::chrono::nanoseconds wall, std::chrono::nanoseconds since_boot) {
  const double elapsed = std::isfinite(elapsed_s) ? std::max(0.0, elapsed_s) : 0.0;
  const bool live = since_boot_s_ > 0.0 && since_boot.count() > 0;
  const double slept = live ? std::max(0.0, platform::seconds_of(since_boot) - since_boot_s_ - elapsed) : 0.0;
  const double set_by = live ? platform::seconds_of(wall) - wall_s_ - elapsed - slept : 0.0;
  wall_s_ = platform::seconds_of(wall);
  since_boot_s_ = platform::seconds_of(since_boot);
  return {elapsed + slept, elapsed + slept > limit_s_ || std::fabs(set_by) > limit_s_};
}

void Grace::begin() {
  left_s_ = length_s_;
  since_begin_s_ = 0.0;
  active_ = length_s_ > 0.0;
}

bool Grace::advance(const Passage& passage) {
  left_s_ -= passage.passed_s;
  since_begin_s_ += passage.passed_s;
  if (passage.broken && since_begin_s_ >= 2.0 * length_s_) begin();
  active_ = length_s_ > 0.0 && (passage.broken || left_s_ > 0.0);
  return active_;
}

void Grace::take_over(const Grace& other) {
  left_s_ = std::min(length_s_, other.left_s_);
  since_begin_s_ = other.since_begin_s_;
  active_ = left_s_ > 0.0;
}

}  // namespace epsilond::agent
