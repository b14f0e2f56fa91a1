#pragma once
// Ways to teach a detector the wrong thing, each on a simulated machine of 8 GB: what is still seen while it lasts and
// after it. "sd" of memory is 40 MB, half a percent of the machine: what the feature table calls nothing on a machine
// of this size, and more than the simulated noise of 4 MB, so the agent's own sd is never smaller.

#include <array>
#include <cstddef>

#include "tests/support/watched_host.h"

namespace epsilond::tests {

inline constexpr double kMemorySdBytes = 40e6;
inline constexpr std::size_t kRepeats = 10;
inline constexpr std::size_t kMostNights = 28;

// Memory is `learned_sd` too high for the middle third of the warm-up (0: it is not). At the age `probe_age_s` it is
// `probe_sd` too high for ten minutes.
Sighting fault_after_poisoned_warm_up(const WatchedHostSettings& settings, double learned_sd, long probe_age_s,
                                      double probe_sd);

// Memory is `fault_sd` too high for six hours on a machine of the age `age_s`; three hours in, 200 zombies stand for
// five minutes; a day after the first onset the same fault comes back for ten minutes.
struct LongFault {
  Sighting onset;
  bool inside_new = false;    // a RAISED of its own for the zombies
  bool inside_told = false;   // an ONGOING or RAISED within them or ten minutes after names them among the first two
  double inside_leads = 0.0;  // share of the rows in which the zombies have the largest share
  long learned_after_s = -1;  // LEARNED, from the onset; -1: not learned
  std::size_t raised_after =
      0;  // RAISED from the end to the next day: the end itself, if it was learned, and false ones
  Sighting next_day;
};
LongFault six_hour_fault(const WatchedHostSettings& settings, long age_s, double fault_sd);

// Memory grows by `sd_per_hour` for `last_s` seconds, to at most 5.9 GB above what is usual, on a machine of the age
// `age_s`.
struct Ramp {
  bool seen = false;
  double after_h = 0.0;     // until RAISED
  double reached_sd = 0.0;  // when it was raised, or at the end
};
Ramp slow_ramp(const WatchedHostSettings& settings, long age_s, double sd_per_hour, long last_s);

// Memory is `fault_sd` too high for 60 s (at least one row), ten times, on a machine a day old: every six hours, or at
// a random time within each six hours.
std::array<Sighting, kRepeats> repeated_fault(const WatchedHostSettings& settings, double fault_sd, bool at_random);

// A backup of 20 min at 02:00 from the night `first_night` on (0: the first of the machine's life).
struct Backup {
  double disk_write_bytes_per_s = 1e8;
  double cpu_ratio = 0.5;
  double jitter_s = 0.0;  // sd of its start; its amount varies by a tenth
};
struct BackupNights {
  std::array<bool, kMostNights> raised{};  // by night, from the first with a backup
  std::size_t other_raised = 0;            // RAISED at any other time
  Sighting afternoon;                      // the same work at 14:00 after the last night
};
// `nights`: 1 .. kMostNights.
BackupNights nightly_backup(const WatchedHostSettings& settings, const Backup& backup, long first_night,
                            std::size_t nights);

}  // namespace epsilond::tests
