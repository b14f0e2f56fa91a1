#pragma once
// The watch of `epsilonctl run`: a look at the processes of the command at each tick, for its history and for the model.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/control/output.h"
#include "agent/control/run_options.h"
#include "agent/control/voice.h"
#include "agent/history/prmon_writer.h"
#include "agent/pipeline/pipeline.h"
#include "agent/watch/watch_table.h"
#include "platform/emit/emitter.h"
#include "platform/host/command.h"
#include "platform/host/linux_clock.h"
#include "platform/kernel/proc/device_rows.h"
#include "platform/kernel/proc_root.h"
#include "platform/watch/process_tree.h"

namespace epsilond::agent {

// Where a run writes while it goes on.
struct RunOutputs {
  CommandOutput prmon;
  CommandOutput csv;
  CommandOutput flags;
  CommandOutput json_summary;  // at the end
};

// What became of the command.
struct RunTotals {
  double wall_s = 0.0;
  std::uint64_t samples = 0;
  platform::TreeUsage usage;            // what has grown, and what is left at the end
  double peak_rss_bytes = 0.0;  // of all processes together; at least that of the largest one; 0: not known
  double peak_process_rss_bytes = 0.0;  // of the largest process, as the kernel saw it; 0: not known
  std::uint64_t processes_at_most = 0;
  std::uint64_t processes_left = 0;  // when the watch ended
  std::uint64_t episodes = 0;
};

class RunWatch {
 public:
  // Of everything that descends from this process. All arguments must outlive the watch; flags go to `flags`.
  RunWatch(const RunOptions& options, const platform::ProcRoot& root, RunOutputs& outputs, platform::OutputFile& flags,
           Voice& voice);
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;

  // Looks, writes a row of each history, and lets the model judge it. The first is the start.
  void sample(const platform::Command& command);
  // Looks once more, at the end, for what has been used in all; no row. Before the command is reaped, for until then the
  // kernel has its figures.
  void take_stock(const platform::Command& command);
  // The same after it was reaped: what is left, and what all used that somebody has waited for.
  void settle(const platform::Command& command);
  // Ends the open episodes; then totals() are complete.
  void finish();

  const RunTotals& totals() const { return totals_; }
  // prmon's JSON summary.
  std::string json_summary() const;

 private:
  void look(double wall_s);
  void read_memory();
  std::optional<platform::NetDev> read_network();
  void feed(double wall_s);
  void write_csv(const Readings& readings, double unix_s);

  RunOutputs& outputs_;
  Voice& voice_;
  const platform::ProcRoot& root_;
  platform::LinuxClock clock_;
  platform::ProcessTree tree_;
  double memory_budget_s_;
  bool trouble_said_ = false;
  bool overflow_said_ = false;

  platform::KeptFile net_dev_;
  platform::DeviceRows interfaces_{platform::DeviceKind::kInterface};
  std::vector<char> net_text_;  // empty: nobody asks for the network
  std::optional<platform::NetDev> network_at_start_;

  WatchRows rows_;
  std::vector<Feature> table_;
  std::unique_ptr<Pipeline> pipeline_;
  std::optional<platform::TreeUsage> previous_;
  double previous_wall_s_ = 0.0;

  std::optional<PrmonWriter> prmon_;
  PrmonSummary prmon_summary_;
  RunTotals totals_;
};

}  // namespace epsilond::agent
