#pragma once
// The agent's life: wake, sample, step, until it is told to stop.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/confinement.h"
#include "agent/control/control_socket.h"
#include "agent/live_table.h"
#include "agent/options.h"
#include "agent/outputs/metrics_socket.h"
#include "agent/outputs/outputs.h"
#include "agent/pipeline/pipeline.h"
#include "agent/service_report.h"
#include "agent/source_log.h"
#include "agent/wake_limit.h"
#include "agent/watch/watches.h"
#include "platform/host/clock.h"
#include "platform/host/own_usage.h"
#include "platform/host/wait.h"
#include "platform/kernel/host_sample.h"
#include "platform/kernel/host_source.h"
#include "platform/result.h"

namespace epsilond::agent {

class Daemon {
 public:
  // Builds everything; nothing runs and nothing is sent yet. `clock` must outlive the daemon.
  static platform::Result<std::unique_ptr<Daemon>> make(const Options& options, const Config& config,
                                                        const platform::Clock& clock);

  // Gives up what it does not need to run, once; 0, or the code to exit with.
  int confine(const Config& config) { return confinement_.enter(options_, config); }

  // Runs until a signal or the number of ticks ends it; returns the exit code.
  int run();

 private:
  // What a configuration is turned into, and what a reload replaces as a whole.
  struct Works {
    std::optional<MachineSize> machine;  // none: not built yet
    std::unique_ptr<Watches> watches;  // null: nothing is watched beside the host
    std::unique_ptr<platform::HostSource> source;
    std::unique_ptr<Pipeline> pipeline;
    std::unique_ptr<Outputs> outputs;
    std::optional<EmitterConfig> metrics;  // none: not served
    std::vector<std::byte> state_buffer;  // room for what is saved, taken once; resident while saving
    std::string state_path;               // empty: none
    std::vector<std::byte> episodes_buffer;
    std::string episodes_path;  // empty: none
    std::string control_path;   // empty: none
    std::chrono::nanoseconds save_every{0};
  };

  Daemon(const Options& options, const platform::Clock& clock) : options_(options), clock_(clock), live_(stdout) {}

  platform::Result<Works> build(const Config& config) const;
  StepTime now() const;
  AgentFacts facts() const;
  void open_metrics();
  platform::Result<platform::Wake> wait();
  void tick();
  void serve_others();
  void reload();
  void load_state();
  void save_state();
  void keep_aside(const std::string& path) const;
  void resume_episodes();
  bool save_episodes();
  void end_unsaved_episodes();
  void settle();
  bool any_anomalous() const;
  bool all_anomalous() const;
  void tell_grace(bool before) const;

  static constexpr unsigned kTicksToSettle = 10;

  Options options_;
  Confinement confinement_;
  const platform::Clock& clock_;
  LiveTable live_;
  ServiceReport service_;
  std::unique_ptr<platform::Waiter> waiter_;
  Works works_;
  SourceLog source_log_;
  ControlSocket control_;
  MetricsSocket metrics_;
  WakeLimit wake_limit_;  // of both
  platform::OwnUsage usage_;
  platform::HostSample sample_;
  std::chrono::nanoseconds started_{0};
  std::chrono::nanoseconds saved_at_{0};
  std::uint64_t ticks_ = 0;
  std::uint64_t told_saved_ = 0;  // Pipeline::told() when the open episodes were saved last
  unsigned ticks_to_settle_ = kTicksToSettle;
  bool anomalous_ = false;  // any model, at the last tick
  bool save_failed_ = false;
  bool episodes_failed_ = false;
  bool reload_worked_ = true;
};

}  // namespace epsilond::agent
