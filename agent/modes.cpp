#include "agent/modes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

#include "agent/config/config_printer.h"
#include "agent/control/control_socket.h"
#include "agent/daemon.h"
#include "agent/effective_config.h"
#include "agent/exit_code.h"
#include "agent/log.h"
#include "agent/pipeline/pipeline.h"
#include "agent/pipeline/wiring.h"
#include "agent/source_log.h"
#include "agent/watch/watches.h"
#include "platform/host/kernel_time.h"
#include "platform/host/linux_clock.h"
#include "platform/host/wait.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

constexpr std::size_t kMostSources = 24;  // a source has so many parts, or a few less

int complain(const platform::Error& error) {
  log_line(LogLevel::kError, "%s", error.context.c_str());
  return exit_code_of(error.code);
}

void sleep_for(std::chrono::nanoseconds duration) {
  timespec left = platform::to_timespec(duration);
  while (nanosleep(&left, &left) != 0) {
  }
}

// How long the scan of processes takes on this machine under cpu_budget; 0 where nothing can be read.
double measured_scan_delay_s(const Config& config, const std::string& root) {
  constexpr int kReads = 3;  // enough for an estimate however long a whole pass takes
  const platform::LinuxClock clock;
  const auto source = make_source(config, root, clock);
  if (!source) return 0.0;
  platform::HostSample sample;
  for (int i = 0; i < kReads; ++i)
    if (!(*source)->read(sample)) return 0.0;
  return platform::seconds_of((*source)->scan_delay());
}

// A full disk or a closed pipe must not look like success.
int finish_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return kExitFine;
  log_line(LogLevel::kError, "cannot write to standard output");
  return kExitIo;
}

void print_feature(const Feature& feature, bool present, double value) {
  const int name_size = static_cast<int>(feature.name.size());
  const int unit_size = static_cast<int>(feature.unit.size());
  if (present)
    std::printf("%.*s %.15g %.*s\n", name_size, feature.name.data(), value, unit_size, feature.unit.data());
  else
    std::printf("%.*s absent %.*s\n", name_size, feature.name.data(), unit_size, feature.unit.data());
}

}  // namespace

int check_configuration(const Options& options) { return load_effective_config(options).exit_code; }

int show_configuration(const Options& options) {
  const EffectiveConfig effective = load_effective_config(options);
  if (effective.exit_code != kExitFine) return effective.exit_code;
  const Config& config = effective.loaded.config;
  const WatchRows rows(config.watches);
  const Pipeline pipeline(config, rows.behind(features_for({})), {});
  ConfigCost cost;
  cost.memory_bytes = pipeline.memory_bytes() + (config.control_path.empty() ? 0 : ControlSocket::kBytes);
  cost.memory_bytes += Outputs(config, pipeline, kMostSources).memory_bytes();
  if (const EmitterConfig* metrics = metrics_section(config))
    cost.memory_bytes += MetricsSocket::bytes_of(*metrics, pipeline, kMostSources);
  for (const WatchConfig& watch : config.watches) {
    cost.watches.push_back({watch.name, watch.features.count(), Watches::memory_bytes_of_one()});
    cost.memory_bytes += cost.watches.back().memory_bytes;
  }
  for (const auto& watcher : pipeline.watchers())
    cost.models.push_back({watcher->name(), watcher->model().memory_bytes(), watcher->model().operations_per_sample()});
  cost.process_scan_every_s = measured_scan_delay_s(config, options.root);
  std::fputs(print_config(effective.loaded).c_str(), stdout);
  std::fputs(print_cost(cost).c_str(), stdout);
  return finish_output();
}

int sample_once(const Options& options) {
  const EffectiveConfig effective = load_effective_config(options);
  if (effective.exit_code != kExitFine) return effective.exit_code;
  const Config& config = effective.loaded.config;
  const platform::LinuxClock clock;
  const auto source = make_source(config, options.root, clock);
  if (!source) return complain(source.error());

  std::unique_ptr<Watches> watches;
  if (!config.watches.empty()) {
    auto made = Watches::make(config, options.root, clock);
    if (!made) return complain(made.error());
    watches = std::move(*made);
  }

  platform::HostSample first;
  platform::HostSample second;
  if (const platform::Result<void> read = (*source)->read(first); !read) return complain(read.error());
  if (watches) watches->look_at_all();
  sleep_for(to_nanoseconds(config.interval_s));
  if (watches) watches->look_at_all();
  if (const platform::Result<void> read = (*source)->read(second); !read) return complain(read.error());
  SourceLog().report(**source);
  const Readings readings = observe(first, second, false);
  for (std::size_t i = 0; i < features().size(); ++i)
    print_feature(features()[i], readings.present.test(i), readings.values[i]);
  if (watches) {
    watches->report();
    const std::vector<Feature> rows = watches->rows().behind({});
    for (std::size_t i = 0; i < rows.size(); ++i)
      print_feature(rows[i], std::isfinite(watches->values()[i]), watches->values()[i]);
  }
  return finish_output();
}

int run_agent(const Options& options) {
  platform::hold_signals();
  const EffectiveConfig effective = load_effective_config(options);
  if (effective.exit_code != kExitFine) return effective.exit_code;
  const platform::LinuxClock clock;
  const auto daemon = Daemon::make(options, effective.loaded.config, clock);
  if (!daemon) return complain(daemon.error());
  const int refused = (*daemon)->confine(effective.loaded.config);
  return refused == kExitFine ? (*daemon)->run() : refused;
}

}  // namespace epsilond::agent
