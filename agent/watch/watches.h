#pragma once
// Reads the watched services as far as the budget of processor time allows, and makes their features.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "agent/watch/watch_log.h"
#include "agent/watch/watch_table.h"
#include "platform/host/clock.h"
#include "platform/kernel/host_source.h"
#include "platform/kernel/proc_root.h"
#include "platform/kernel/process_table.h"
#include "platform/kernel/process_witness.h"
#include "platform/result.h"
#include "platform/watch/service_reader.h"

namespace epsilond::agent {

// Of cpu_budget, where anything is watched; the rest is the host's.
inline constexpr double kWatchShareOfBudget = 0.4;

// Levels and rates of a service are as of the last round over its processes, which is each step() unless the budget
// stretches it. Its pss and swap are measured process by process in turns that begin at least kMemoryEvery apart; what one
// of them costs more than the budget has is saved up for, or paid back, by later steps. All memory is taken by make().
class Watches final : public platform::ProcessWitness {
 public:
  static constexpr std::chrono::seconds kMemoryEvery{10};
  static constexpr int kSavedSteps = 8;
  // A process of more resident memory, for each second of the interval, would hold up the agent: its pss is not measured.
  static constexpr double kMostRssPerSecond = 2.0 * 1024 * 1024 * 1024;

  // `config.watches` is not empty. `root`: "" for this host, else a directory with proc/ and sys/ inside; pid files are
  // below it too. `clock` must outlive the object. Fails only if there is no proc directory.
  static platform::Result<std::unique_ptr<Watches>> make(
      const Config& config, std::string_view root, const platform::Clock& clock,
      platform::ProcessTree::CpuClock cpu_clock = platform::thread_cpu_time);

  // Learns from the passes of `source` who belongs to whom, as long as both live. Without it, or from a source that makes
  // none, it makes its own.
  void follow(platform::HostSource& source) { told_ = source.tell(*this); }

  // To be called after each read of the source. What is in values() then is new where a round was completed.
  void step();
  // Everything at once, whatever it costs.
  void look_at_all();

  // By row behind features(), see watch_table.h; NaN is absent.
  std::span<const double> values() const { return values_; }
  const WatchRows& rows() const { return rows_; }
  // Says once what changed: services that come and go, what may not be read, what is too much.
  void report();

  // Of one service, whatever is read of it.
  static std::size_t memory_bytes_of_one() {
    return sizeof(Watch) - sizeof(platform::ServiceReader) + platform::ServiceReader::memory_bytes();
  }

  // Of ProcessWitness.
  void saw(const platform::PidStat& stat) override;
  void end_pass() override;
  void drop_pass() override;

 private:
  struct Watch {
    Watch(const WatchConfig& watched, const platform::ProcRoot& root, std::string_view prefix,
          platform::ProcessTree::CpuClock cpu_clock)
        : config(watched), reader(root, watched.match, prefix, cpu_clock) {}
    const WatchConfig config;
    platform::ServiceReader reader;
    WatchLog log;
    platform::TreeUsage before;
    std::uint32_t epoch_before = 0;
    std::chrono::nanoseconds memory_turn_began{0};  // 0: there was none yet
    std::span<double> values;
  };

  Watches(const Config& config, platform::ProcRoot root, const platform::Clock& clock,
          platform::ProcessTree::CpuClock cpu_clock);

  void take(Watch& watch);
  void measure_memory(Watch& watch, std::chrono::nanoseconds now, std::chrono::nanoseconds deadline);

  const platform::ProcRoot root_;
  const platform::Clock& clock_;
  const platform::ProcessTree::CpuClock cpu_clock_;
  const std::chrono::nanoseconds budget_;  // of a step
  const std::uint64_t most_rss_bytes_;
  const WatchRows rows_;
  std::vector<double> values_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::chrono::nanoseconds saved_{0};  // below 0: overdrawn
  bool told_ = false;
};

}  // namespace epsilond::agent
