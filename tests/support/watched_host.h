#pragma once
// The simulated machine of simulated_host.h under the eyes of the agent's pipeline with its own feature table, and what
// it said of it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/pipeline/pipeline.h"
#include "platform/emit/flag.h"
#include "platform/fixed_string.h"
#include "tests/support/simulated_host.h"

namespace epsilond::tests {

struct WatchedHostSettings {
  std::uint64_t seed = 1;
  long interval_s = 1;  // whole seconds, for the machine moves in seconds
  double warm_up_s = 900.0;
  double false_alarms_per_week = 0.5;
};

// One event, shortened to what is asked about.
struct Said {
  platform::FlagEvent event = platform::FlagEvent::kRaised;
  long at_s = 0;                     // age of the machine
  platform::FixedString<56> first;   // feature named first
  platform::FixedString<56> second;  // and second; empty if there is none
  bool names(std::string_view feature) const { return first == feature || second == feature; }
};

// What came of one fault.
struct Sighting {
  bool seen = false;   // RAISED while it was on, or within tail_s() after it
  long delay_s = -1;   // from its first second to RAISED; -1 unless seen
  bool named = false;  // the fault's own feature was among the first two
};

class WatchedHost {
 public:
  explicit WatchedHost(const WatchedHostSettings& settings);

  // What is wrong with the machine is set here.
  SimulatedHost& host() { return host_; }
  // Seconds since the first sample, which is midnight of a Sunday on the local clock.
  long age_s() const { return host_.second(); }
  // How long after a fault its RAISED may still come: it waits for a cause while only symptoms are odd.
  long tail_s() const { return 60 + 2 * settings_.interval_s; }
  // Whole intervals, at least `seconds`.
  void run(long seconds);
  void run_until_age(long age_s) { run(age_s - this->age_s()); }
  // `fault` of the machine's numbers is raised by `amount` for `seconds`; `feature`: what the agent should name. Goes
  // on for tail_s() after it.
  Sighting inject(double SimulatedHost::*fault, double amount, long seconds, std::string_view feature);

  // The first RAISED at or after the age `onset_s`.
  Sighting seen_since(long onset_s, std::string_view feature) const;

  const std::vector<Said>& said() const { return said_; }
  // RAISED events at ages in [from_s, to_s).
  std::size_t raised_between(long from_s, long to_s) const;
  // Of the newest row: the feature with the largest share, empty if nothing is odd.
  std::string_view leader() const;
  const agent::Watcher& watcher() const { return *pipeline_->watchers()[0]; }

 private:
  WatchedHostSettings settings_;
  SimulatedHost host_;
  std::vector<Said> said_;
  std::unique_ptr<agent::Pipeline> pipeline_;
};

}  // namespace epsilond::tests
