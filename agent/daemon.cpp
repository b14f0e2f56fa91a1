#include "agent/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/effective_config.h"
#include "agent/exit_code.h"
#include "agent/log.h"
#include "agent/pipeline/wiring.h"
#include "platform/host/state_file.h"

namespace epsilond::agent {

using platform::ErrorCode;
using platform::FlagEvent;
using platform::Result;
using platform::Wake;

Result<std::unique_ptr<Daemon>> Daemon::make(const Options& options, const Config& config,
                                             const platform::Clock& clock) {
  std::unique_ptr<Daemon> daemon(new Daemon(options, clock));
  Result<Works> works = daemon->build(config);
  if (!works) return works.error();
  daemon->works_ = std::move(*works);
  Result<std::unique_ptr<platform::Waiter>> waiter = platform::Waiter::make(to_nanoseconds(config.interval_s));
  if (!waiter) return waiter.error();
  daemon->waiter_ = std::move(*waiter);
  Result<platform::Readiness> readiness = platform::Readiness::from_environment();
  if (readiness)
    daemon->readiness_ = std::move(*readiness);
  else
    log_line(LogLevel::kWarning, "%s", readiness.error().context.c_str());
  return daemon;
}

Result<Daemon::Works> Daemon::build(const Config& config) const {
  Works works;
  Result<std::unique_ptr<platform::HostSource>> source = make_source(config, options_.root, clock_);
  if (!source) return source.error();
  works.source = std::move(*source);
  platform::HostSample sample;
  static_cast<void>(works.source->read(sample));  // what cannot be read now is reported at the first tick
  works.pipeline = std::make_unique<Pipeline>(config, features_for(machine_size(sample)),
                                              make_emitters(config, clock_, options_.live ? -1 : STDOUT_FILENO));
  works.state_path = config.state_path;
  works.save_every = to_nanoseconds(config.state_every_s);
  works.state_buffer.resize(works.pipeline->state_bytes());
  return works;
}

StepTime Daemon::now() const {
  const std::chrono::nanoseconds wall = clock_.wall();
  return {wall, clock_.utc_offset(wall), clock_.since_boot()};
}

int Daemon::run() {
  load_state();
  if (clock_.since_boot() < kFreshBoot) works_.pipeline->begin_grace();
  tell_grace(false);
  saved_at_ = clock_.monotonic();
  works_.pipeline->announce(FlagEvent::kStart, now(), "epsilond " EPSILOND_VERSION " started");
  static_cast<void>(readiness_.ready());  // without a manager there is nobody to tell, and a manager that is behind asks again
  int exit_code = kExitFine;
  for (bool running = true; running;) {
    const Result<Wake> wake = waiter_->wait();
    if (!wake) {
      log_line(LogLevel::kError, "%s", wake.error().context.c_str());
      exit_code = kExitInternal;
      break;
    }
    switch (*wake) {
      case Wake::kTick:
        tick();
        running = options_.ticks == 0 || ++ticks_ < options_.ticks;
        break;
      case Wake::kReload:
        reload();
        break;
      case Wake::kSaveState:
        save_state();
        break;
      case Wake::kStop:
        running = false;
        break;
    }
  }
  static_cast<void>(readiness_.stopping());
  works_.pipeline->announce(FlagEvent::kStop, now(), "epsilond " EPSILOND_VERSION " stopped");
  save_state();
  if (waiter_->missed_ticks() > 0)
    log_line(LogLevel::kWarning, "%llu ticks were missed", static_cast<unsigned long long>(waiter_->missed_ticks()));
  return exit_code;
}

void Daemon::tick() {
  const Result<void> read = works_.source->read(sample_);
  source_log_.report(*works_.source);
  const StepTime time = now();
  // A sample that could not be read is still a tick: the models see a row in which everything is absent.
  if (!read) sample_.taken_monotonic = clock_.monotonic();
  const bool in_grace = works_.pipeline->in_grace();
  works_.pipeline->step(sample_, time);
  tell_grace(in_grace);
  if (options_.live) live_.print(*works_.pipeline, time);
  static_cast<void>(readiness_.alive());
  // Saving waits for the disk. In an episode nothing is learned, and a slow disk may be what it is about.
  if (clock_.monotonic() - saved_at_ >= works_.save_every && !anomalous()) save_state();
}

// `before`: it was in a grace before what was just done.
void Daemon::tell_grace(bool before) const {
  if (before || !works_.pipeline->in_grace()) return;
  log_line(LogLevel::kInfo, "after a boot, a pause, a set clock or missing samples: nothing new is raised for a while");
}

bool Daemon::anomalous() const {
  const auto watchers = works_.pipeline->watchers();
  return std::any_of(watchers.begin(), watchers.end(), [](const auto& watcher) { return watcher->anomalous(); });
}

void Daemon::reload() {
  static_cast<void>(readiness_.reloading(clock_.monotonic()));
  const EffectiveConfig effective = load_effective_config(options_);
  const Config& config = effective.loaded.config;
  if (effective.exit_code != kExitFine) {
    log_line(LogLevel::kError, "reload failed: the old configuration goes on");
  } else {
    Result<Works> works = build(config);
    const Result<void> timed = works ? waiter_->set_interval(to_nanoseconds(config.interval_s)) : works.error();
    if (!timed) {
      log_line(LogLevel::kError, "reload failed: the old configuration goes on: %s", timed.error().context.c_str());
    } else {
      const std::size_t kept = works->pipeline->take_over(*works_.pipeline, now());
      works_ = std::move(*works);
      source_log_.reset();
      live_.reset();
      save_failed_ = false;
      log_line(LogLevel::kInfo, "reloaded; %zu of %zu models go on where they were", kept,
               works_.pipeline->watchers().size());
    }
  }
  static_cast<void>(readiness_.ready());
}

void Daemon::load_state() {
  if (works_.state_path.empty()) return;
  const char* path = works_.state_path.c_str();
  // The file may be of another configuration, and larger than ours: what fits is taken from it. The pages that the file
  // does not fill are never touched.
  constexpr std::size_t kLargestState = std::size_t{16} << 20;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kLargestState);
  const Result<std::span<const std::byte>> bytes =
      platform::load_state(works_.state_path, std::span(buffer.get(), kLargestState));
  Result<std::size_t> restored = bytes ? works_.pipeline->load_state(*bytes) : Result<std::size_t>(bytes.error());
  if (restored) {
    log_line(LogLevel::kInfo, "state: %s: %zu of %zu models restored", path, *restored,
             works_.pipeline->watchers().size());
    return;
  }
  if (restored.error().code == ErrorCode::kNotFound) return;  // the first start, or a path that saving will complain about
  log_line(LogLevel::kWarning, "state: starting anew: %s", restored.error().context.c_str());
  // Whatever it is, the next save must not destroy it: damage is evidence, and a later version may come back.
  if (restored.error().code == ErrorCode::kPermission) return;
  if (const Result<void> aside = platform::set_aside(works_.state_path); !aside)
    log_line(LogLevel::kWarning, "state: %s", aside.error().context.c_str());
}

void Daemon::save_state() {
  saved_at_ = clock_.monotonic();
  if (works_.state_path.empty()) return;
  works_.pipeline->save_state(works_.state_buffer);
  const Result<void> saved = platform::save_state(works_.state_path, works_.state_buffer);
  if (!saved && !save_failed_)
    log_line(LogLevel::kWarning, "state: going on without saving: %s", saved.error().context.c_str());
  save_failed_ = !saved;
}

}  // namespace epsilond::agent
