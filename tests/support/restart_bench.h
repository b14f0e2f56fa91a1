#pragma once
// A pipeline on a simulated machine that is ended and started again.

#include <algorithm>
#include <memory>
#include <vector>

#include "agent/pipeline/pipeline.h"
#include "tests/support/recording_emitter.h"
#include "tests/support/simulated_host.h"

namespace epsilond::tests {

using agent::Config;
using agent::features;
using agent::ModelConfig;
using agent::Pipeline;
using agent::StepTime;
using platform::Flag;
using platform::FlagEvent;

constexpr long kStart = 1795305600;  // 2026-11-22 00:00 UTC
constexpr long kDay = 86400;

inline Config short_warm_up() {
  Config config;
  config.host = "simulated";
  config.history_s = 600;
  ModelConfig model;
  for (std::size_t i = 0; i < features().size(); ++i) model.features.set(i);
  model.warm_up_s = 60;
  config.models.push_back(model);
  return config;
}

struct Bench {
  explicit Bench(std::uint64_t seed = test_seed()) : host(seed) {}

  SimulatedHost host;
  long away_s = 0;
  long clock_set_s = 0;
  std::vector<Flag> flags;
  std::vector<std::byte> learned;
  std::vector<std::byte> episodes;
  std::unique_ptr<Pipeline> pipeline;

  void make(const Config& config) {
    std::vector<std::unique_ptr<platform::Emitter>> emitters;
    emitters.push_back(std::make_unique<RecordingEmitter>(&flags));
    pipeline = std::make_unique<Pipeline>(config, agent::features_for({8e9, 2.0}), std::move(emitters));
  }
  StepTime now() const {
    return {.wall = std::chrono::seconds(kStart + host.second() + away_s + clock_set_s),
            .since_boot = std::chrono::seconds(kDay + host.second() + away_s)};
  }
  void run(long seconds) {
    for (long i = 0; i < seconds; ++i) {
      const auto sample = host.next();
      pipeline->step(sample, now());
    }
  }
  void save() {
    learned.resize(pipeline->state_bytes());
    pipeline->save_state(learned);
    save_episodes();
  }
  void save_episodes() {
    episodes.resize(pipeline->episodes_bytes());
    pipeline->save_episodes(now(), episodes);
  }
  // The agent is gone for a while and starts again; how many episodes go on, -1 if what was saved is refused.
  long start_again(const Config& config, long seconds_away, bool remembers = true) {
    away_s += seconds_away;
    make(config);
    if (remembers) static_cast<void>(static_cast<bool>(pipeline->load_state(learned)));
    const auto resumed = pipeline->resume_episodes(episodes, now());
    return resumed ? static_cast<long>(*resumed) : -1;
  }
  std::size_t count(FlagEvent event) const {
    return static_cast<std::size_t>(std::ranges::count(flags, event, [](const Flag& flag) { return flag.event; }));
  }
  bool one_id() const {
    return std::ranges::all_of(flags, [this](const Flag& flag) { return flag.id == flags.front().id.view(); });
  }
  const Flag& last() const { return flags.back(); }
  std::string_view last_text() const { return flags.back().text; }
};

}  // namespace epsilond::tests
