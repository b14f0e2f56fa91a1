// How a watcher is made of its configuration: once at start and at a reload, so built small.

#include <algorithm>
#include <utility>

#include "agent/pipeline/watcher.h"
#include "models/learning_time.h"

namespace epsilond::agent {
namespace {

std::vector<std::size_t> columns_of(const models::PresenceMask& mask, std::size_t feature_count) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < feature_count; ++i)
    if (mask.test(i)) columns.push_back(i);
  return columns;
}

// See Watcher::as_they_are_; empty where a column needs work.
models::PresenceMask columns_as_they_are(std::span<const std::size_t> columns, std::span<const Feature> table,
                                         bool transform) {
  models::PresenceMask all;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] != i || (transform && table[i].transform != Transform::kIdentity)) return {};
    all.set(i);
  }
  return all;
}

models::ThresholdSettings threshold_settings(const ModelConfig& config, double interval_s, bool low_is_strange) {
  models::ThresholdSettings settings;
  settings.form = config.threshold;
  settings.false_alarms_per_week = config.false_alarms_per_week;
  settings.interval_s = interval_s;
  settings.epsilon = config.epsilon;
  settings.low_is_strange = low_is_strange;
  settings.quantile = config.quantile;
  return settings;
}

EpisodeSettings episode_settings(const ModelConfig& config, double interval_s) {
  return {config.settle_s,   config.remind_after_s, config.critical_surprise,          config.cooldown_s,
          config.flap_count, config.flap_window_s,  models::kGapIntervals * interval_s};
}

}  // namespace

Watcher::Watcher(const ModelConfig& config, double interval_s, std::span<const Feature> table,
                 std::unique_ptr<models::AnomalyModel> model)
    : config_(config),
      interval_s_(interval_s),
      table_(table),
      columns_(columns_of(config.features, table.size())),
      as_they_are_(columns_as_they_are(columns_, table, config.transform)),
      model_(std::move(model)),
      threshold_(threshold_settings(config, interval_s, model_->low_is_strange())),
      hysteresis_({config.raise_m, config.raise_n, config.clear_after_s}),
      gate_(config.accept_after_s),
      grace_(config.grace_s),
      episode_(episode_settings(config, interval_s)) {
  observation_.values.setZero(static_cast<Eigen::Index>(columns_.size()));
}

void Watcher::relearn() {
  model_->reset();
  threshold_.reset();
  hysteresis_.reset();
  gate_.reset();
  usual_score_.reset();
  held_s_ = 0.0;
  episode_.abandon();
}

bool Watcher::relearn_feature(std::size_t row) {
  const auto found = std::find(columns_.begin(), columns_.end(), row);
  if (found == columns_.end() || !model_->forget_feature(static_cast<std::size_t>(found - columns_.begin()))) return false;
  usual_score_.reset();  // of another density
  return true;
}

void Watcher::forget_spread() {
  model_->forget_spread();
  usual_score_.reset();
}

bool Watcher::is_same_as(const Watcher& other) const {
  return config_ == other.config_ && interval_s_ == other.interval_s_ &&
         std::equal(
             table_.begin(), table_.end(), other.table_.begin(), other.table_.end(),
             [](const Feature& a, const Feature& b) { return a.name == b.name && a.scale == b.scale && a.resolution == b.resolution; });
}

}  // namespace epsilond::agent
