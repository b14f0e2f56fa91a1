#pragma once
// A mute that somebody asked for while the agent runs: until an end, with a reason.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "platform/fixed_string.h"
#include "platform/seconds.h"

namespace epsilond::agent {

// Counts down measured time, sleep of the machine included, so that setting the clock neither ends nor prolongs it.
// Over a restart the wall clock counts, by which it is never longer than what was left of it when it was saved.
class CommandedMute {
 public:
  static constexpr std::uint32_t kLongestS = 31 * 86400;  // a longer one belongs into the configuration

  // What of it is kept over a restart.
  struct Saved {
    double left_s = 0.0;
    double until_s = 0.0;  // since the Unix epoch
    char reason[128] = {};
  };

  // `seconds` in (0, kLongestS], from `wall` on. A reason that is too long is cut.
  void begin(double seconds, std::chrono::nanoseconds wall, std::string_view reason) {
    left_s_ = seconds;
    until_s_ = platform::seconds_of(wall) + seconds;
    reason_.assign(reason);
    restored_ = false;
    ++changes_;
  }
  void end() {
    if (active()) ++changes_;
    left_s_ = 0.0;
  }
  // To be called for every sample.
  void advance(double passed_s, std::chrono::nanoseconds wall) {
    if (left_s_ <= 0.0) return;
    left_s_ = restored_ ? std::min(left_s_, until_s_ - platform::seconds_of(wall)) : left_s_ - passed_s;
    restored_ = false;
    until_s_ = platform::seconds_of(wall) + left_s_;
    if (left_s_ <= 0.0) ++changes_;
  }

  bool active() const { return left_s_ > 0.0; }
  double left_s() const { return left_s_; }
  // When it ends, since the Unix epoch, by the wall clock as it was last seen.
  std::chrono::nanoseconds until() const {
    constexpr double kFarthest = 9e9;  // what a count of nanoseconds can say, and any clock
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::clamp(until_s_, -kFarthest, kFarthest) * 1e3));
  }
  std::string_view reason() const { return reason_; }
  // Grows when one begins or ends: what save() gives has changed.
  std::uint64_t changes() const { return changes_; }

  Saved save() const {
    Saved saved;
    saved.left_s = std::max(left_s_, 0.0);
    saved.until_s = until_s_;
    std::copy(reason_.view().begin(), reason_.view().end(), saved.reason);
    return saved;
  }
  // Anything that cannot be is no mute.
  void restore(const Saved& saved) {
    const bool possible = saved.left_s > 0.0 && saved.left_s <= kLongestS && std::abs(saved.until_s) < 1e10;
    left_s_ = possible ? saved.left_s : 0.0;
    until_s_ = possible ? saved.until_s : 0.0;
    const char* const end = std::find(std::begin(saved.reason), std::end(saved.reason) - 1, '\0');
    reason_.assign({saved.reason, static_cast<std::size_t>(end - saved.reason)});
    restored_ = possible;
  }

 private:
  double left_s_ = 0.0;
  double until_s_ = 0.0;
  platform::FixedString<127> reason_;
  std::uint64_t changes_ = 0;
  bool restored_ = false;
};

}  // namespace epsilond::agent
