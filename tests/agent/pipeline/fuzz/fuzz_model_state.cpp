// What models have learned, as a state file whose checksums are right might have it: one watcher of each kind takes it
// whole, or stays as it was. What was taken gives scores that are finite, and can be saved and taken again.
//
// The input: a word for the kind (by its number in config.h), then what state_patch.h says.

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "agent/pipeline/feature_table.h"
#include "agent/pipeline/make_model.h"
#include "agent/pipeline/model_state.h"
#include "agent/pipeline/watcher.h"
#include "tests/agent/pipeline/fuzz/state_patch.h"
#include "tests/support/fuzz_source.h"
#include "tests/support/rng.h"

using namespace epsilond::agent;
using epsilond::models::Score;
using epsilond::models::ScoreStatus;
using epsilond::tests::FuzzSource;
using epsilond::tests::require_promise;
using epsilond::tests::Rng;

namespace {

constexpr std::size_t kKinds = 7;
constexpr double kIntervalS = 60.0;  // a row is a whole mean of a series
constexpr int kTaughtRows = 1500;    // a day and an hour: every hour was seen
constexpr int kRowsAfter = 5;
constexpr std::chrono::seconds kStart{1795305600};

using Watchers = std::vector<std::unique_ptr<Watcher>>;

struct Column {
  std::string_view name;
  double usual;
};
constexpr std::array kColumns = {Column{"load_1min", 1.0}, Column{"mem_used_bytes", 4e9}, Column{"processes", 200.0}};

const std::vector<Feature>& table() {
  static const std::vector<Feature> made = features_for({8e9, 2.0});
  return made;
}

// Small, but with everything that its kind can save.
ModelConfig config_of(ModelKind kind) {
  ModelConfig config;
  config.kind = kind;
  for (const Column& column : kColumns) {
    config.features.set(*find_feature(column.name));
    if (kind == ModelKind::kSeries) break;  // it has one
  }
  config.warm_up_s = 3600.0;
  config.tuning.components = 2;
  config.tuning.models = 2;
  config.tuning.trees = 8;
  config.tuning.subsample = 64;
  config.tuning.robust = true;
  config.tuning.train_window_s = 86400.0;
  config.tuning.retrain_every_s = 14400.0;
  return config;
}

Watchers make_watchers(ModelKind kind) {
  const ModelConfig config = config_of(kind);
  Watchers watchers;
  watchers.push_back(std::make_unique<Watcher>(config, kIntervalS, table(), make_model(config, kIntervalS, table())));
  return watchers;
}

// Row `number` of an ordinary day.
void step(Watcher& watcher, int number, Rng& rng) {
  Readings readings;
  for (const Column& column : kColumns) {
    const std::size_t row = *find_feature(column.name);
    readings.values[row] = column.usual * (1.0 + 0.05 * std::fabs(rng.normal()));
    readings.present.set(row);
  }
  readings.elapsed_s = kIntervalS;
  const StepTime time{kStart + std::chrono::minutes(number), {}, {}};
  static_cast<void>(watcher.step(readings, time, Passage{kIntervalS, false}, false));
}

std::vector<std::byte> saved(const Watchers& watchers) {
  std::vector<std::byte> bytes(model_state_bytes(watchers));
  save_model_state(watchers, bytes);
  return bytes;
}

// How many were restored; 0 also where the bytes are no records.
std::size_t load(const Watchers& watchers, std::span<const std::byte> bytes) {
  NotRestored why;
  const auto restored = load_model_state(watchers, bytes, &why);
  require_promise(!restored || (*restored == 0) == !why.text.empty());
  return restored ? *restored : 0;
}

const std::vector<std::byte>& taught(ModelKind kind) {
  static std::array<std::vector<std::byte>, kKinds> states;
  std::vector<std::byte>& state = states[static_cast<std::size_t>(kind)];
  if (!state.empty()) return state;
  const Watchers watchers = make_watchers(kind);
  Rng rng(1);
  for (int row = 0; row < kTaughtRows; ++row) step(*watchers.front(), row, rng);
  state = saved(watchers);
  return state;
}

// Every number of a score, or none.
void check(const Score& score) {
  require_promise(!(score.surprise < 0.0));
  if (score.status != ScoreStatus::kScored) return;
  for (const double number : {score.surprise, score.log_density, score.habituation, score.routine})
    require_promise(std::isfinite(number));
}

void check_saved_and_taken_again(const Watchers& watchers, ModelKind kind) {
  const Watchers again = make_watchers(kind);
  require_promise(load(again, saved(watchers)) == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzSource source(data, size);
  const auto kind = static_cast<ModelKind>(source.below(kKinds));
  std::vector<std::byte> state = taught(kind);
  const bool changed = epsilond::fuzz::take_state(source, state);
  const Watchers watchers = make_watchers(kind);
  const std::vector<std::byte> before = saved(watchers);
  if (load(watchers, state) == 0) {
    require_promise(changed && saved(watchers) == before);
    return 0;
  }
  check_saved_and_taken_again(watchers, kind);
  Rng rng(2);
  for (int row = 0; row < kRowsAfter; ++row) {
    step(*watchers.front(), kTaughtRows + row, rng);
    check(watchers.front()->latest().score);
  }
  check_saved_and_taken_again(watchers, kind);
  return 0;
}
