#pragma once
// A watcher of two features over a model that says what the test tells it to.

#include <chrono>
#include <memory>
#include <utility>

#include "agent/pipeline/watcher.h"
#include "tests/support/fake_model.h"

namespace epsilond::tests {

using agent::EpisodeEvents;
using agent::find_feature;
using agent::ModelConfig;
using agent::Readings;
using agent::StepTime;
using agent::Watcher;

constexpr double kStrange = 20.0;
constexpr bool kAudible = false;  // not muted
constexpr bool kBroken = true;

// A watcher of memory and disk writes over a fake model.
struct Bench {
  FakeModel* model = nullptr;
  std::unique_ptr<Watcher> watcher;
  Readings readings;
  StepTime time;

  EpisodeEvents step(double surprise, bool muted = false, bool broken = false) {
    model->next_surprise = surprise;
    time.wall += std::chrono::seconds(1);
    return watcher->step(readings, time, {readings.elapsed_s, broken}, muted);
  }
};

inline int setup_with(ModelConfig config, void** state) {
  config.features.set(*find_feature("mem_used_bytes"));
  config.features.set(*find_feature("disk_write_bytes_per_s"));
  config.clear_after_s = 3.0;
  config.settle_s = 0.0;
  config.grace_s = 5.0;
  auto* bench = new Bench;
  auto model = std::make_unique<FakeModel>(2);
  bench->model = model.get();
  bench->watcher = std::make_unique<Watcher>(config, 1.0, epsilond::agent::features(), std::move(model));
  bench->readings.elapsed_s = 1.0;
  bench->readings.values[*find_feature("mem_used_bytes")] = 1e9;
  bench->readings.values[*find_feature("disk_write_bytes_per_s")] = 4.0 * 1024 * 1024;
  bench->readings.present.set(*find_feature("mem_used_bytes"));
  bench->readings.present.set(*find_feature("disk_write_bytes_per_s"));
  bench->readings.present.set(*find_feature("zombies"));
  bench->time.wall = std::chrono::seconds(1795305600);
  bench->time.utc_offset = std::chrono::hours(2);
  *state = bench;
  return 0;
}

inline int setup(void** state) {
  ModelConfig config;
  config.accept_after_s = 10.0;
  return setup_with(config, state);
}

// Accepts no new level within any test.
inline int setup_patient(void** state) { return setup_with({}, state); }

inline int setup_two_of_three(void** state) {
  ModelConfig config;
  config.raise_m = 2;
  config.raise_n = 3;
  return setup_with(config, state);
}

inline int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

}  // namespace epsilond::tests
