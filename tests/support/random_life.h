#pragma once
// A random life of the whole pipeline on a simulated machine: disturbances, and everything that can go wrong around it.

#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "platform/host/tick_schedule.h"
#include "tests/support/restart_bench.h"
#include "tests/support/rng.h"
#include "tests/support/temp_tree.h"

namespace epsilond::tests {

// What is done to the pipeline besides disturbing the machine.
enum class Fault : std::uint8_t {
  kNothing,
  kUnreadableFields,  // some fields of the sample are absent for a while
  kUnreadableSample,  // all of them
  kGarbage,           // a field is not finite, negative or huge
  kCounterReset,      // all counters begin anew
  kClockSet,          // back or forth by up to a day
  kSleep,             // of the machine
  kKilled,            // and started again with what was saved
  kMemoryLost,        // the same, but what was learned is gone
  kStateTruncated,    // the same, and what was learned has lost its end
  kStateGarbled,      // the same, and bytes of it are others
  kEpisodesGarbled,   // the same, of what was open
  kReload,            // with another configuration
  kMuted,             // by command
  kRelearned,
  kSaved,
  kStalled,  // a read or a write takes seconds, or the agent is not let run
  kCount
};
inline constexpr std::array<std::string_view, static_cast<std::size_t>(Fault::kCount)> kFaultNames = {
    "nothing",
    "fields unreadable",
    "sample unreadable",
    "garbage in a field",
    "counters reset",
    "clock set",
    "machine slept",
    "killed",
    "state lost",
    "state truncated",
    "state garbled",
    "open episodes garbled",
    "reloaded",
    "muted",
    "relearned",
    "saved",
    "stalled"};

class RandomLife {
 public:
  explicit RandomLife(std::uint64_t seed) : random_(seed), bench_(seed) {}

  void begin();
  // One stretch of up to `longest_s` seconds, perhaps disturbed, and then a fault, or one during another. Once a day
  // the agent is ended, and begins with what is in its files.
  void go_on(std::size_t longest_s);
  // Quiet for long enough that whatever was open is over.
  void end();

  // Empty while every promise was kept; else the first that was not: events in order, one alert of a model at a time,
  // each ended once, nothing allocated by a step, what was saved can be read, the count of rows never falls, no more
  // late ticks than stalls.
  const std::string& broken() const { return broken_; }
  std::uint64_t faults(Fault fault) const { return faults_[static_cast<std::size_t>(fault)]; }
  // Faults that came while another lasted.
  std::uint64_t overlaps() const { return overlaps_; }
  // More than kLate behind their second.
  std::uint64_t late_ticks() const { return late_ticks_; }
  std::uint64_t alerts() const { return alerts_; }
  std::uint64_t events() const { return events_; }
  long seconds() const { return bench_.host.second(); }

 private:
  void break_promise(std::string what) {
    if (broken_.empty()) broken_ = std::move(what);
  }
  void wait_for_tick();
  void look();
  void run(long seconds);
  void distort(platform::HostSample& sample);
  Fault draw_fault();
  void cause(Fault fault);
  void suffer(Fault fault);
  void restart_from_files();
  void start_again(bool remembers);
  void garble(std::vector<std::byte>& bytes);
  void reload();
  void check_saved();

  Rng random_;
  Bench bench_;
  TempTree files_;
  platform::TickSchedule ticks_;
  std::chrono::nanoseconds monotonic_{std::chrono::minutes(1)};
  std::string open_;  // the id of the alert that stands
  std::string last_;  // of the one before
  std::string broken_;
  Fault distortion_ = Fault::kNothing;
  int variant_ = 0;
  long day_ = -1;  // the last one of which the state went through a file
  std::uint64_t steps_ = 0;
  std::uint64_t overlaps_ = 0;
  std::uint64_t late_ticks_ = 0;
  std::uint64_t alerts_ = 0;
  std::uint64_t events_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(Fault::kCount)> faults_{};
};

}  // namespace epsilond::tests
