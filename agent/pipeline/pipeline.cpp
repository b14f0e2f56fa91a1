#include "agent/pipeline/pipeline.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/log.h"
#include "agent/pipeline/make_model.h"
#include "agent/pipeline/mute.h"
#include "agent/pipeline/wiring.h"
#include "platform/host/host_name.h"

namespace epsilond::agent {

using platform::FlagEvent;

Pipeline::Pipeline(const Config& config, std::vector<Feature> table,
                   std::vector<std::unique_ptr<platform::Emitter>> emitters)
    : host_(config.host.empty() ? std::string(platform::host_name().view()) : config.host),
      mutes_(config.mutes),
      table_(std::move(table)),
      emitters_(std::move(emitters)),
      failing_(emitters_.size()),
      history_(history_rows(config), table_.size(), config.models.size()),
      continuity_(config.interval_s) {
  for (const ModelConfig& model : config.models)
    watchers_.push_back(std::make_unique<Watcher>(model, config.interval_s, table_, make_model(model, config.interval_s, table_)));
}

void Pipeline::step(const platform::HostSample& sample, const StepTime& time, platform::ProcessGrowth* growth,
                    std::span<const double> beyond) {
  Readings readings = observe(previous_, sample, first_);
  for (std::size_t i = 0; i < beyond.size(); ++i) {
    if (!std::isfinite(beyond[i])) continue;
    readings.values[features().size() + i] = beyond[i];
    readings.present.set(features().size() + i);
  }
  previous_ = sample;
  if (!std::exchange(first_, false)) step(readings, time, growth);
}

void Pipeline::step(const Readings& readings, const StepTime& time, platform::ProcessGrowth* growth) {
  ++steps_;
  history_.push(readings, time.wall);
  mute_window_ = mute_window_at(mutes_, time);
  const Passage passage = continuity_.advance(readings.elapsed_s, time.wall, time.since_boot);
  mute_.advance(passage.passed_s, time.wall);
  for (std::size_t model = 0; model < watchers_.size(); ++model) {
    Watcher& watcher = *watchers_[model];
    const EpisodeEvents events = watcher.step(readings, time, passage, muted());
    history_.note(model, watcher.latest().score.surprise);
    if (growth != nullptr) watcher.find_culprits(events, *growth);
    for (std::size_t i = 0; i < events.count; ++i) send(events.events[i], watcher);
  }
}

void Pipeline::begin_grace() {
  for (const std::unique_ptr<Watcher>& watcher : watchers_) watcher->begin_grace();
}

bool Pipeline::in_grace() const {
  for (const std::unique_ptr<Watcher>& watcher : watchers_)
    if (watcher->in_grace()) return true;
  return false;
}

void Pipeline::send(FlagEvent event, const Watcher& watcher) {
  flag_ = {};
  watcher.describe(event, flag_);
  emit();
  episode_log_.add(flag_, watcher.episode().peak(), watcher.view());
}

void Pipeline::relearn(const StepTime& time) {
  end_open_episodes(time, "told to learn anew");
  for (const std::unique_ptr<Watcher>& watcher : watchers_) watcher->relearn();
}

std::size_t Pipeline::relearn_feature(std::size_t row) {
  std::size_t done = 0;
  for (const std::unique_ptr<Watcher>& watcher : watchers_) done += watcher->relearn_feature(row) ? 1U : 0U;
  return done;
}

void Pipeline::announce(FlagEvent event, const StepTime& time, std::string_view text) {
  flag_ = {};
  flag_.event = event;
  flag_.wall = time.wall;
  flag_.text = text;
  emit();
}

void Pipeline::emit() {
  flag_.host.assign(host_);
  ++event_counts_[static_cast<std::size_t>(flag_.event)];
  // Every emitter is tried: one that fails counts its own drop and never stops another.
  for (std::size_t i = 0; i < emitters_.size(); ++i) {
    platform::Emitter& emitter = *emitters_[i];
    const std::uint64_t dropped_before = emitter.dropped();
    const platform::Result<void> sent = emitter.emit(flag_);
    // A datagram may turn out to be lost only when the next one is sent.
    const bool failing = !sent || emitter.dropped() != dropped_before;
    if (failing == failing_[i]) continue;
    failing_[i] = failing;
    const auto name_size = static_cast<int>(emitter.name().size());
    if (!failing)
      log_line(LogLevel::kInfo, "%.*s: flags go out again", name_size, emitter.name().data());
    else
      log_line(LogLevel::kWarning, "%.*s: flags are dropped: %s", name_size, emitter.name().data(),
               sent ? "nobody took the last one" : sent.error().context.c_str());
  }
}

std::size_t Pipeline::take_over(Pipeline& before, const StepTime& time) {
  std::vector<std::byte> learned(before.state_bytes());
  before.save_state(learned);
  const platform::Result<std::size_t> restored = load_state(learned);
  for (std::unique_ptr<Watcher>& own : watchers_) {
    for (std::unique_ptr<Watcher>& old : before.watchers_) {
      if (own->name() == old->name()) own->take_over_grace(*old);
      if (!own->is_same_as(*old)) continue;
      old->rebind(table_);
      std::swap(own, old);
      break;
    }
  }
  before.end_open_episodes(time, "no longer watched: the configuration of this model was changed");
  mute_ = before.mute_;
  mute_window_ = mute_window_at(mutes_, time);
  episode_log_.take_over(before.episode_log_, before.table_, table_);
  return restored ? *restored : 0;
}

std::size_t Pipeline::state_bytes() const { return model_state_bytes(watchers_); }

void Pipeline::save_state(std::span<std::byte> out) const { save_model_state(watchers_, out); }

platform::Result<std::size_t> Pipeline::load_state(std::span<const std::byte> in, NotRestored* why) {
  return load_model_state(watchers_, in, why);
}

std::size_t Pipeline::memory_bytes() const {
  std::size_t bytes = sizeof *this + history_.memory_bytes() + episode_log_.memory_bytes() +
                      table_.capacity() * sizeof(Feature) + state_bytes() + episodes_bytes();
  for (const std::unique_ptr<Watcher>& watcher : watchers_) bytes += sizeof *watcher + watcher->model().memory_bytes();
  return bytes;
}

}  // namespace epsilond::agent
