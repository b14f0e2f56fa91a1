#include "tests/support/poisoning.h"

#include <cmath>

#include "tests/support/rng.h"

namespace epsilond::tests {
namespace {

constexpr long kHourS = 3600;
constexpr long kDayS = 24 * kHourS;
constexpr long kProbeS = 600;
constexpr long kInsideS = 300;
constexpr double kZombieHerd = 200.0;
constexpr double kMostRampBytes = 5.9e9;
constexpr long kGrabS = 60;
constexpr long kBackupS = 1200;
constexpr const char* kMemory = "mem_used_bytes";

Sighting grab_memory(WatchedHost& watched, double fault_sd, long seconds) {
  return watched.inject(&SimulatedHost::extra_memory_bytes, fault_sd * kMemorySdBytes, seconds, kMemory);
}

// The zombies within the long fault.
void stand_zombies(WatchedHost& watched, long interval_s, LongFault& found) {
  const std::size_t before = watched.said().size();
  watched.host().extra_zombies = kZombieHerd;
  long rows = 0;
  long led = 0;
  for (long done = 0; done < kInsideS; done += interval_s) {
    watched.run(interval_s);
    ++rows;
    led += watched.leader() == "zombies" ? 1 : 0;
  }
  watched.host().extra_zombies = 0.0;
  watched.run(600);
  found.inside_leads = static_cast<double>(led) / static_cast<double>(rows);
  for (std::size_t i = before; i < watched.said().size(); ++i) {
    const Said& said = watched.said()[i];
    if (!said.names("zombies")) continue;
    found.inside_told |= said.event != platform::FlagEvent::kCleared;
    found.inside_new |= said.event == platform::FlagEvent::kRaised;
  }
}

// One night's work, begun at the age `begin_s`.
Sighting back_up(WatchedHost& watched, const Backup& backup, long begin_s, Rng& random) {
  watched.run_until_age(begin_s);
  const long onset_s = watched.age_s();
  const double amount = std::exp(0.1 * random.normal());
  watched.host().extra_disk_write_bytes_per_s = amount * backup.disk_write_bytes_per_s;
  watched.host().extra_cpu_ratio = std::fmin(0.95, amount * backup.cpu_ratio);
  watched.run(kBackupS);
  watched.host().extra_disk_write_bytes_per_s = 0.0;
  watched.host().extra_cpu_ratio = 0.0;
  watched.run(watched.tail_s());
  return watched.seen_since(onset_s, "disk_write_bytes_per_s");
}

}  // namespace

Sighting fault_after_poisoned_warm_up(const WatchedHostSettings& settings, double learned_sd, long probe_age_s,
                                      double probe_sd) {
  WatchedHost watched(settings);
  const long third_s = std::lround(settings.warm_up_s / 3.0);
  watched.run(third_s);
  watched.host().extra_memory_bytes = learned_sd * kMemorySdBytes;
  watched.run(third_s);
  watched.host().extra_memory_bytes = 0.0;
  watched.run_until_age(probe_age_s);
  return grab_memory(watched, probe_sd, kProbeS);
}

LongFault six_hour_fault(const WatchedHostSettings& settings, long age_s, double fault_sd) {
  WatchedHost watched(settings);
  watched.run(age_s);
  LongFault found;
  const long onset_s = watched.age_s();
  watched.host().extra_memory_bytes = fault_sd * kMemorySdBytes;
  watched.run(kProbeS);
  found.onset = watched.seen_since(onset_s, kMemory);
  watched.run_until_age(onset_s + 3 * kHourS);
  stand_zombies(watched, settings.interval_s, found);
  watched.run_until_age(onset_s + 6 * kHourS);
  watched.host().extra_memory_bytes = 0.0;
  const long end_s = watched.age_s();
  watched.run_until_age(onset_s + kDayS);
  found.raised_after = watched.raised_between(end_s, watched.age_s() + 1);
  for (const Said& said : watched.said())
    if (said.event == platform::FlagEvent::kLearned && said.at_s > onset_s && found.learned_after_s < 0)
      found.learned_after_s = said.at_s - onset_s;
  found.next_day = grab_memory(watched, fault_sd, kProbeS);
  return found;
}

Ramp slow_ramp(const WatchedHostSettings& settings, long age_s, double sd_per_hour, long last_s) {
  WatchedHost watched(settings);
  watched.run(age_s);
  const long onset_s = watched.age_s();
  Ramp ramp;
  while (watched.age_s() < onset_s + last_s) {
    const double hours = static_cast<double>(watched.age_s() - onset_s) / static_cast<double>(kHourS);
    const double bytes = std::fmin(kMostRampBytes, hours * sd_per_hour * kMemorySdBytes);
    watched.host().extra_memory_bytes = bytes;
    ramp.reached_sd = bytes / kMemorySdBytes;
    ramp.after_h = hours;
    const std::size_t before = watched.said().size();
    watched.run(settings.interval_s);
    for (std::size_t i = before; i < watched.said().size(); ++i)
      ramp.seen |= watched.said()[i].event == platform::FlagEvent::kRaised && watched.said()[i].names(kMemory);
    if (ramp.seen) break;
  }
  return ramp;
}

std::array<Sighting, kRepeats> repeated_fault(const WatchedHostSettings& settings, double fault_sd, bool at_random) {
  constexpr long kEveryS = 6 * kHourS;
  WatchedHost watched(settings);
  Rng random(settings.seed + 77);
  std::array<Sighting, kRepeats> found;
  for (std::size_t i = 0; i < kRepeats; ++i) {
    const long begin_s = kDayS + static_cast<long>(i) * kEveryS;
    watched.run_until_age(begin_s + (at_random ? std::lround(random.uniform(0.0, kEveryS - kHourS)) : 0));
    found[i] = grab_memory(watched, fault_sd, kGrabS);
  }
  return found;
}

BackupNights nightly_backup(const WatchedHostSettings& settings, const Backup& backup, long first_night,
                            std::size_t nights) {
  WatchedHost watched(settings);
  Rng random(settings.seed + 99);
  BackupNights found;
  std::size_t raised_by_work = 0;
  for (std::size_t night = 0; night < nights; ++night) {
    const long day_s = (first_night + static_cast<long>(night)) * kDayS;
    const long begin_s = day_s + 2 * kHourS + std::lround(backup.jitter_s * random.normal());
    found.raised[night] = back_up(watched, backup, begin_s, random).seen;
    raised_by_work += watched.raised_between(begin_s, watched.age_s() + 1);
  }
  const long last_day_s = (first_night + static_cast<long>(nights) - 1) * kDayS;
  watched.run_until_age(last_day_s + 14 * kHourS);
  found.other_raised = watched.raised_between(0, watched.age_s() + 1) - raised_by_work;
  found.afternoon = back_up(watched, backup, last_day_s + 14 * kHourS, random);
  return found;
}

}  // namespace epsilond::tests
