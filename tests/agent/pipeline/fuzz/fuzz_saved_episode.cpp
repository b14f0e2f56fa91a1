// What of the episodes outlives the agent, as a file whose checksums are right might have it: the pipeline goes on with
// it, or ends it, and whatever it tells is a valid event. What it saves then can be read again.
//
// The input: what state_patch.h says, of an episode that is open and a mute.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/pipeline/feature_table.h"
#include "agent/pipeline/pipeline.h"
#include "platform/emit/flag_format.h"
#include "tests/agent/pipeline/fuzz/state_patch.h"
#include "tests/support/flag_parse.h"
#include "tests/support/fuzz_source.h"
#include "tests/support/recording_emitter.h"
#include "tests/support/rng.h"

using namespace epsilond::agent;
using epsilond::platform::Emitter;
using epsilond::platform::Flag;
using epsilond::tests::FuzzSource;
using epsilond::tests::parse_flag_json;
using epsilond::tests::RecordingEmitter;
using epsilond::tests::require_promise;
using epsilond::tests::Rng;

namespace {

constexpr int kTaughtRows = 300;
constexpr int kRowsAfter = 5;
constexpr std::chrono::seconds kStart{1795305600};
constexpr std::chrono::seconds kAway{60};
constexpr std::array<std::string_view, 3> kColumns = {"load_1min", "zombies", "processes"};

Config make_config() {
  Config config;
  config.host = "fuzzed";
  config.history_s = 60;
  ModelConfig model;
  for (const std::string_view name : kColumns) model.features.set(*find_feature(name));
  model.warm_up_s = 60;
  config.models.push_back(model);
  return config;
}

// An agent that has just started; `flags` outlives it.
std::unique_ptr<Pipeline> make_pipeline(std::vector<Flag>* flags) {
  std::vector<std::unique_ptr<Emitter>> emitters;
  if (flags != nullptr) emitters.push_back(std::make_unique<RecordingEmitter>(flags));
  return std::make_unique<Pipeline>(make_config(), features_for({8e9, 2.0}), std::move(emitters));
}

StepTime time_of(int row) { return StepTime{kStart + std::chrono::seconds(row), {}, {}}; }

void step(Pipeline& pipeline, int number, Rng& rng) {
  Readings readings;
  for (const std::string_view name : kColumns) {
    const std::size_t row = *find_feature(name);
    readings.values[row] = 10.0 + rng.normal();
    readings.present.set(row);
  }
  readings.elapsed_s = 1.0;
  pipeline.step(readings, time_of(number));
}

const std::vector<std::byte>& learned() {
  static std::vector<std::byte> state;
  if (!state.empty()) return state;
  const std::unique_ptr<Pipeline> pipeline = make_pipeline(nullptr);
  Rng rng(1);
  for (int row = 0; row < kTaughtRows; ++row) step(*pipeline, row, rng);
  state.resize(pipeline->state_bytes());
  pipeline->save_state(state);
  return state;
}

// Of a pipeline like ours, when the agent ended: one episode that was told, and a mute.
std::vector<std::byte> saved_episode() {
  const std::unique_ptr<Pipeline> pipeline = make_pipeline(nullptr);
  const auto wall = [](std::chrono::seconds time) { return std::chrono::nanoseconds(time).count(); };
  const std::chrono::seconds end = kStart + std::chrono::seconds(kTaughtRows);
  pipeline->commanded_mute().begin(30.0, end, "a backup");
  std::vector<std::byte> bytes(pipeline->episodes_bytes());
  pipeline->save_episodes({end, {}, {}}, bytes);
  SavedEpisode saved;
  saved.saved_ns = wall(end);
  saved.number = 3;
  saved.told = 1;
  saved.began_ns = wall(end - std::chrono::seconds(100));
  saved.open_s = 100.0;
  saved.strange_s = 90.0;
  saved.held_s = 90.0;
  saved.peak_ns = wall(end - std::chrono::seconds(50));
  saved.surprise = 9.0;
  saved.log_density = -80.0;
  saved.threshold = 5.0;
  saved.leading = 0;
  for (const std::string_view name : kColumns) {
    const std::size_t row = *find_feature(name);
    saved.present |= std::uint64_t{1} << row;
    saved.values[row] = 60.0;
  }
  for (std::size_t column = 0; column < kColumns.size(); ++column) {
    const std::array<double, 4> mean_sd_z_share = {10.0, 1.0, 50.0, 1.0 / static_cast<double>(kColumns.size())};
    for (std::size_t which = 0; which < mean_sd_z_share.size(); ++which)
      saved.by_column[which][column] = mean_sd_z_share[which];
  }
  std::memcpy(bytes.data() + sizeof(RecordHeader), &saved, sizeof saved);
  return bytes;
}

bool resume(Pipeline& pipeline, std::span<const std::byte> bytes, const StepTime& time) {
  const auto restored = pipeline.load_state(learned());
  require_promise(restored && *restored == 1);
  return static_cast<bool>(pipeline.resume_episodes(bytes, time));
}

void check(const Flag& flag) {
  std::array<char, epsilond::platform::kLargestMaxDatagram> buffer;
  const auto written = epsilond::platform::render_flag_json(flag, buffer);
  require_promise(static_cast<bool>(written));
  Flag parsed;
  require_promise(parse_flag_json({buffer.data(), *written}, parsed) && parsed.event == flag.event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzSource source(data, size);
  std::vector<std::byte> bytes = saved_episode();
  const bool changed = epsilond::fuzz::take_state(source, bytes);
  std::vector<Flag> flags;
  const std::unique_ptr<Pipeline> pipeline = make_pipeline(&flags);
  const int now = kTaughtRows + static_cast<int>(kAway.count());
  if (!resume(*pipeline, bytes, time_of(now))) {
    require_promise(changed && flags.empty());
    return 0;
  }
  Rng rng(2);
  for (int row = 1; row <= kRowsAfter; ++row) step(*pipeline, now + row, rng);
  pipeline->end_open_episodes(time_of(now + kRowsAfter), "the end of the run");
  for (const Flag& flag : flags) check(flag);

  std::vector<std::byte> again(pipeline->episodes_bytes());
  pipeline->save_episodes(time_of(now + kRowsAfter), again);
  const std::unique_ptr<Pipeline> next = make_pipeline(nullptr);
  require_promise(resume(*next, again, time_of(now + kRowsAfter)));
  return 0;
}
