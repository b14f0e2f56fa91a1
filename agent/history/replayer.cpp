#include "agent/history/replayer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::Flag;
using platform::FlagEvent;
using platform::make_error;
using platform::Result;

constexpr std::size_t kRememberedRows = 2;  // nobody looks at the ring buffer of a replay

std::chrono::nanoseconds wall_of(double unix_s) {
  return std::chrono::nanoseconds(std::llround(std::clamp(unix_s, -kLastClockSecond, kLastClockSecond) * 1e9));
}

bool names_features(const LoadedConfig& loaded, const std::string& model) {
  const Origin* origin = loaded.origin(SectionKind::kModel, model, "features");
  return origin != nullptr && origin->value != "default";
}

}  // namespace

Replayer::Replayer(Config config, FeatureColumns columns, const RowClock& clock,
                   std::span<ReplayListener* const> listeners)
    : columns_(std::move(columns)), clock_(clock), listeners_(listeners.begin(), listeners.end()) {
  config.interval_s = clock.interval_s();
  config.history_s = static_cast<double>(kRememberedRows) * config.interval_s;
  for (const ModelConfig& model : config.models) tallies_.push_back({.model = model.name});
  std::vector<std::unique_ptr<platform::Emitter>> emitters;
  emitters.push_back(std::make_unique<Fan>(*this));
  pipeline_ = std::make_unique<Pipeline>(config, columns_.table(), std::move(emitters));
}

void Replayer::step(const TableRow& row) {
  clock_.advance(row);
  if (rows_++ == 0) from_s_ = clock_.time_s();
  columns_.read(row, readings_);
  readings_.elapsed_s = clock_.elapsed_s();
  StepTime time{.wall = wall_of(clock_.time_s())};
  if (utc_offset_ != nullptr) time.utc_offset = utc_offset_(utc_context_, time.wall);
  pipeline_->step(readings_, time);
  const std::span<const std::unique_ptr<Watcher>> watchers = pipeline_->watchers();
  for (std::size_t i = 0; i < tallies_.size(); ++i) tallies_[i].flagged_rows += watchers[i]->anomalous() ? 1U : 0U;
  for (ReplayListener* listener : listeners_) listener->on_row(row, watchers);
}

Result<void> Replayer::Fan::emit(const Flag& flag) {
  for (ReplayTally& tally : replayer_.tallies_)
    if (flag.event == FlagEvent::kRaised && flag.model == tally.model) ++tally.episodes;
  for (ReplayListener* listener : replayer_.listeners_) listener->on_event(flag);
  return {};
}

Result<void> choose_features(const LoadedConfig& loaded, const FeatureColumns& columns,
                             std::vector<ModelConfig>& models) {
  for (ModelConfig& model : models) {
    const models::PresenceMask wanted = std::exchange(model.features, {});
    const bool all = !names_features(loaded, model.name);
    if (all) model.features = columns.fed();
    for (std::size_t feature = 0; feature < features().size(); ++feature) {
      const std::optional<std::size_t> row = columns.row_of(feature);
      if (!row) continue;
      if (all)
        model.features[*row] = !loaded.config.disabled_features[feature];
      else
        model.features[*row] = wanted[feature];
    }
    if (model.features.none())
      return make_error(ErrorCode::kMalformed, 0, "no column is a feature of [model %s]", model.name.c_str());
  }
  return {};
}

}  // namespace epsilond::agent
