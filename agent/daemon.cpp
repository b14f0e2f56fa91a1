#include "agent/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "agent/effective_config.h"
#include "agent/exit_code.h"
#include "agent/log.h"
#include "agent/pipeline/wiring.h"
#include "platform/file/file_facts.h"
#include "platform/host/resident.h"
#include "platform/host/state_file.h"
#include "platform/seconds.h"

namespace epsilond::agent {

using platform::ErrorCode;
using platform::FlagEvent;
using platform::Result;
using platform::SampleField;
using platform::Wake;

namespace {

// What is asked for before a reload, beside the works that go on: far more than any configuration but a long history
// takes, and as much again as this one.
constexpr std::size_t kReloadBytes = std::size_t{16} << 20;
constexpr std::size_t kReloadPipelines = 2;

// For the file as it is: it may be of another configuration, and larger than ours, and what fits is taken from it.
std::size_t room_for_state(const std::string& path) {
  constexpr std::uint64_t kLargestState = std::uint64_t{16} << 20;
  const Result<platform::FileFacts> facts = platform::file_facts(path);
  if (facts) return static_cast<std::size_t>(std::min(facts->bytes, kLargestState));
  return facts.error().code == ErrorCode::kNotFound ? 0 : std::size_t{kLargestState};
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::make(const Options& options, const Config& config,
                                             const platform::Clock& clock) {
  std::unique_ptr<Daemon> daemon(new Daemon(options, clock));
  Result<Works> works = daemon->build(config);
  if (!works) return works.error();
  daemon->works_ = std::move(*works);
  Result<std::unique_ptr<platform::Waiter>> waiter = platform::Waiter::make(to_nanoseconds(config.interval_s));
  if (!waiter) return waiter.error();
  daemon->waiter_ = std::move(*waiter);
  if (const Result<void> found = daemon->service_.find_manager(); !found)
    log_line(LogLevel::kWarning, "%s", found.error().context.c_str());
  daemon->service_.set_interval(to_nanoseconds(config.interval_s));
  return daemon;
}

Result<Daemon::Works> Daemon::build(const Config& config) const {
  Works works;
  Result<std::unique_ptr<platform::HostSource>> source = make_source(config, options_.root, clock_);
  if (!source) return source.error();
  works.source = std::move(*source);
  if (!config.watches.empty()) {
    Result<std::unique_ptr<Watches>> watches = Watches::make(config, options_.root, clock_);
    if (!watches) return watches.error();
    works.watches = std::move(*watches);
    works.watches->follow(*works.source);
  }
  platform::HostSample sample;
  static_cast<void>(works.source->read(sample));  // what cannot be read now is reported at the first tick
  if (works.watches) works.watches->step();
  // Without its size, which a reload may not be able to read, the machine would be another, and all learned of it lost.
  const bool sized = sample.has(SampleField::kMemTotalBytes) && sample.has(SampleField::kCpuCount);
  works.machine = sized || !works_.machine ? machine_size(sample) : *works_.machine;
  std::vector<Feature> table = features_for(*works.machine);
  if (works.watches) table = works.watches->rows().behind(std::move(table));
  works.pipeline = std::make_unique<Pipeline>(config, std::move(table),
                                              make_emitters(config, clock_, options_.live ? -1 : STDOUT_FILENO));
  works.outputs = std::make_unique<Outputs>(config, *works.pipeline, works.source->parts().size());
  if (const EmitterConfig* section = metrics_section(config)) works.metrics = *section;
  works.state_path = config.state_path;
  works.control_path = config.control_path;
  works.save_every = to_nanoseconds(config.state_every_s);
  works.state_buffer.resize(works.pipeline->state_bytes());
  platform::give_back(works.state_buffer);
  if (!works.state_path.empty()) works.episodes_path = works.state_path + ".open";
  works.episodes_buffer.resize(works.pipeline->episodes_bytes());
  return works;
}

StepTime Daemon::now() const {
  const std::chrono::nanoseconds wall = clock_.wall();
  return {wall, clock_.utc_offset(wall), clock_.since_boot()};
}

AgentFacts Daemon::facts() const {
  AgentFacts facts{*works_.pipeline, works_.source->parts()};
  facts.ticks_missed = waiter_->missed_ticks();
  facts.datagrams_dropped = works_.outputs->datagrams_dropped();
  for (const auto& emitter : works_.pipeline->emitters()) facts.datagrams_dropped += emitter->dropped();
  facts.usage = &usage_;
  facts.reload_worked = reload_worked_;
  return facts;
}

void Daemon::open_metrics() {
  metrics_.open(works_.metrics ? &*works_.metrics : nullptr, *works_.pipeline, works_.source->parts().size());
}

// For what is due, and for whoever speaks to either socket, unless they have said enough for this second.
Result<Wake> Daemon::wait() {
  const std::chrono::nanoseconds monotonic = clock_.monotonic();
  if (const std::chrono::milliseconds rest = wake_limit_.rest(monotonic); rest > rest.zero())
    return waiter_->wait({}, rest);
  const std::span<pollfd> control = control_.watched();
  const std::span<pollfd> metrics = metrics_.watched();
  std::array<pollfd, platform::Waiter::kMaxOthers> all{};
  static_assert(2 + platform::LineServer::kClients + platform::PageServer::kClients <= all.size());
  const auto second = std::copy(control.begin(), control.end(), all.begin());
  const auto end = std::copy(metrics.begin(), metrics.end(), second);
  const std::chrono::milliseconds lefts[] = {control_.time_left(monotonic), metrics_.time_left(monotonic)};
  const bool only_one = lefts[0] < lefts[0].zero() || lefts[1] < lefts[1].zero();
  const Result<Wake> wake = waiter_->wait(std::span(all.begin(), end),
                                          only_one ? std::max(lefts[0], lefts[1]) : std::min(lefts[0], lefts[1]));
  std::copy(all.begin(), second, control.begin());
  std::copy(second, end, metrics.begin());
  if (wake && *wake == Wake::kOther) wake_limit_.woke(clock_.monotonic());
  return wake;
}

int Daemon::run() {
  load_state();
  if (clock_.since_boot() < kFreshBoot) works_.pipeline->begin_grace();
  tell_grace(false);
  started_ = saved_at_ = clock_.monotonic();
  control_.open(works_.control_path);
  open_metrics();
  works_.pipeline->announce(FlagEvent::kStart, now(), "epsilond " EPSILOND_VERSION " started");
  resume_episodes();
  service_.ready();
  platform::give_back_heap();
  platform::give_back_code();
  int exit_code = kExitFine;
  for (bool running = true; running;) {
    const Result<Wake> wake = wait();
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
      case Wake::kOther:
        serve_others();
        break;
    }
  }
  service_.stopping();
  end_unsaved_episodes();
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
  std::span<const double> watched;
  if (works_.watches) {
    works_.watches->step();
    works_.watches->report();
    watched = works_.watches->values();
  }
  const bool in_grace = works_.pipeline->in_grace();
  works_.pipeline->step(sample_, time, works_.source->process_growth(), watched);
  tell_grace(in_grace);
  works_.outputs->tick(facts(), time.wall);
  if (options_.live) live_.print(*works_.pipeline, time);
  service_.after_tick(*works_.pipeline, clock_.monotonic());
  control_.tick(clock_.monotonic());
  metrics_.tick(clock_.monotonic());
  if (works_.pipeline->told() != told_saved_) static_cast<void>(save_episodes());
  settle();
  // Saving waits for the disk. In an episode nothing is learned, and a slow disk may be what it is about.
  if (clock_.monotonic() - saved_at_ >= works_.save_every && !all_anomalous()) save_state();
}

// `before`: it was in a grace before what was just done.
void Daemon::tell_grace(bool before) const {
  if (before || !works_.pipeline->in_grace()) return;
  log_line(LogLevel::kInfo, "after a boot, a pause, a set clock or missing samples: nothing new is raised for a while");
}

void Daemon::serve_others() {
  const std::chrono::nanoseconds monotonic = clock_.monotonic();
  const AgentView agent{
      *works_.pipeline,     now(),    platform::seconds_of(monotonic - started_), waiter_->missed_ticks(),
      works_.outputs.get(), &metrics_};
  // Due with the next tick, as any other: nothing here may wait for the disk.
  if (control_.serve(agent, monotonic)) saved_at_ = monotonic - works_.save_every;
  metrics_.serve(facts(), monotonic);
}

// The first ticks and an episode take code that an ordinary tick has no use for.
void Daemon::settle() {
  const bool was_anomalous = std::exchange(anomalous_, any_anomalous());
  const bool settled = ticks_to_settle_ > 0 && --ticks_to_settle_ == 0;
  if (settled || (was_anomalous && !anomalous_)) platform::give_back_code();
}

bool Daemon::any_anomalous() const {
  for (const std::unique_ptr<Watcher>& watcher : works_.pipeline->watchers())
    if (watcher->anomalous()) return true;
  return false;
}

bool Daemon::all_anomalous() const {
  for (const std::unique_ptr<Watcher>& watcher : works_.pipeline->watchers())
    if (!watcher->anomalous()) return false;
  return true;
}

void Daemon::reload() {
  service_.reloading(clock_.monotonic());
  reload_worked_ = false;
  // Who is refused memory half-way ends, and what it has learned since the last save with it.
  if (!platform::could_take(kReloadBytes + kReloadPipelines * works_.pipeline->memory_bytes())) {
    log_line(LogLevel::kError, "reload failed: the old configuration goes on: there is not enough memory for another");
    service_.ready();
    return;
  }
  const EffectiveConfig effective = load_effective_config(options_);
  const Config& config = effective.loaded.config;
  if (effective.exit_code != kExitFine) {
    log_line(LogLevel::kError, "reload failed: the old configuration goes on");
  } else {
    const Result<void> admitted = confinement_.admits(options_, config);
    Result<Works> works = admitted ? build(config) : Result<Works>(admitted.error());
    const Result<void> timed = works ? waiter_->set_interval(to_nanoseconds(config.interval_s)) : works.error();
    if (!timed) {
      log_line(LogLevel::kError, "reload failed: the old configuration goes on: %s", timed.error().context.c_str());
    } else {
      const std::size_t kept = works->pipeline->take_over(*works_.pipeline, now());
      works_ = std::move(*works);
      control_.forget_pipeline();
      control_.open(works_.control_path);
      open_metrics();
      reload_worked_ = true;
      source_log_.reset();
      live_.reset();
      save_failed_ = false;
      episodes_failed_ = false;
      service_.set_interval(to_nanoseconds(config.interval_s));
      static_cast<void>(save_episodes());
      log_line(LogLevel::kInfo, "reloaded; %zu of %zu models go on where they were", kept,
               works_.pipeline->watchers().size());
    }
  }
  service_.ready();
  platform::give_back_heap();
  platform::give_back_code();
  ticks_to_settle_ = kTicksToSettle;
}

// Whatever it is that cannot be used, the next save must not destroy it: damage is evidence, and what another version
// has learned is of use to that one.
void Daemon::keep_aside(const std::string& path) const {
  if (const Result<void> aside = platform::set_aside(path); !aside)
    log_line(LogLevel::kWarning, "state: %s", aside.error().context.c_str());
}

void Daemon::load_state() {
  if (works_.state_path.empty()) return;
  platform::remove_leftovers(works_.state_path);
  const char* path = works_.state_path.c_str();
  const std::size_t room = room_for_state(works_.state_path);
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(room);
  const Result<std::span<const std::byte>> bytes =
      platform::load_state(works_.state_path, std::span(buffer.get(), room));
  NotRestored why;
  Result<std::size_t> restored = bytes ? works_.pipeline->load_state(*bytes, &why) : Result<std::size_t>(bytes.error());
  if (restored) {
    log_line(LogLevel::kInfo, "state: %s: %zu of %zu models restored", path, *restored,
             works_.pipeline->watchers().size());
    if (!why.text.empty()) log_line(LogLevel::kWarning, "state: %s: learning anew: %s", path, why.text.c_str());
    if (why.other_version) {
      keep_aside(works_.state_path);
      save_state();  // what was restored is in no other file now
    }
    return;
  }
  if (restored.error().code == ErrorCode::kNotFound)
    return;  // the first start, or a path that saving will complain about
  log_line(LogLevel::kWarning, "state: starting anew: %s", restored.error().context.c_str());
  if (restored.error().code != ErrorCode::kPermission) keep_aside(works_.state_path);
}

void Daemon::save_state() {
  saved_at_ = clock_.monotonic();
  if (works_.state_path.empty()) return;
  works_.pipeline->save_state(works_.state_buffer);
  const Result<void> saved = platform::save_state(works_.state_path, works_.state_buffer);
  platform::give_back(works_.state_buffer);
  platform::give_back_code();
  if (!saved && !save_failed_)
    log_line(LogLevel::kWarning, "state: going on without saving: %s", saved.error().context.c_str());
  save_failed_ = !saved;
}

// What was open and told when the agent ended, in whatever way, goes on or is ended.
void Daemon::resume_episodes() {
  if (works_.episodes_path.empty()) return;
  platform::remove_leftovers(works_.episodes_path);
  constexpr std::size_t kMostModelsEver = 64;  // the file may be of another configuration
  std::vector<std::byte> buffer(platform::kStateHeaderBytes + kMostModelsEver * kEpisodeRecordBytes);
  const Result<std::span<const std::byte>> bytes = platform::load_state(works_.episodes_path, buffer);
  const Result<std::size_t> resumed =
      bytes ? works_.pipeline->resume_episodes(*bytes, now()) : Result<std::size_t>(bytes.error());
  if (!resumed && resumed.error().code == ErrorCode::kNotFound) return;
  if (!resumed) {
    log_line(LogLevel::kWarning, "state: what was open before is not known: %s", resumed.error().context.c_str());
    if (resumed.error().code != ErrorCode::kPermission) keep_aside(works_.episodes_path);
    return;
  }
  if (*resumed > 0) log_line(LogLevel::kInfo, "state: %zu open episodes go on", *resumed);
  static_cast<void>(save_episodes());
}

// After every event of an episode, so that not even a kill loses one. Small, and it waits for no disk.
bool Daemon::save_episodes() {
  told_saved_ = works_.pipeline->told();
  if (works_.episodes_path.empty()) return false;
  works_.pipeline->save_episodes(now(), works_.episodes_buffer);
  const Result<void> saved =
      platform::save_state(works_.episodes_path, works_.episodes_buffer, platform::Durability::kAgainstKill);
  if (!saved) {
    // What is not up to date would end an episode twice, or bring one back that is over.
    static_cast<void>(platform::remove_state(works_.episodes_path));
    if (!episodes_failed_ && !save_failed_)
      log_line(LogLevel::kWarning, "state: going on without saving open episodes: %s", saved.error().context.c_str());
  }
  episodes_failed_ = !saved;
  return !episodes_failed_;
}

// Who is told RAISED is told the end, if no later start can tell it.
void Daemon::end_unsaved_episodes() {
  bool open = false;
  for (const std::unique_ptr<Watcher>& watcher : works_.pipeline->watchers()) open = open || watcher->episode().told();
  if (!open && works_.pipeline->told() == told_saved_) return;
  if (!save_episodes()) works_.pipeline->end_open_episodes(now(), "no longer watched: the agent stopped");
}

}  // namespace epsilond::agent
