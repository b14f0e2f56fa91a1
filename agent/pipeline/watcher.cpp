#include "agent/pipeline/watcher.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <new>
#include <type_traits>
#include <utility>

namespace epsilond::agent {
namespace {

using models::GateDecision;
using models::Transition;
using platform::FlagEvent;

constexpr double kGapIntervals = 10.0;
constexpr double kHoursKnownAfterS = 86400.0;  // every hour was seen once

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

// Only what the table has: readings are half a kilobyte, and most tables are narrower.
void remember(const Readings& readings, std::size_t feature_count, Readings& out) {
  std::copy_n(readings.values.begin(), feature_count, out.values.begin());
  out.present = readings.present;
  out.elapsed_s = readings.elapsed_s;
}

// Unique on this host: the model, the second it began, and how many came before it.
platform::FixedString<48> episode_id(const std::string& model, const Episode& episode) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(episode.began()).count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[128];
  std::snprintf(text, sizeof text, "%.20s-%04d%02d%02dT%02d%02d%02dZ-%llu", model.c_str(), utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<unsigned long long>(episode.number()));
  return platform::FixedString<48>(std::string_view(text));
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
      episode_({config.settle_s, config.remind_after_s}) {
  observation_.values.setZero(static_cast<Eigen::Index>(columns_.size()));
}

EpisodeEvents Watcher::step(const Readings& readings, const StepTime& time, const Passage& passage, bool muted) {
  select(readings, time);
  latest_.wall = time.wall;
  remember(readings, table_.size(), latest_.readings);
  // Before it is learned, so no sample vouches for itself. Made where it stays, for a score is two kilobytes.
  static_assert(std::is_trivially_destructible_v<models::Score>);
  ::new (&latest_.score) models::Score(model_->score(observation_));
  model_->advance(observation_);
  latest_.verdict = threshold_.judge(latest_.score, model_->learned_s());
  latest_.cause_leads = latest_.verdict.strange && cause_leads(latest_, view());
  grace_.advance({passage.passed_s, passage.broken && model_->ready()});
  if (muted) return {};
  // What was not seen is neither quiet nor lasting: a gap counts as a few intervals, as it does in learning.
  const double elapsed_s = std::min(readings.elapsed_s, kGapIntervals * interval_s_);
  if (in_grace() && !episode_.open()) {
    hysteresis_.advance({}, elapsed_s);  // what was strange before the break is not of what comes after it
    return {};
  }

  const Transition transition = hysteresis_.advance(latest_.verdict, elapsed_s);
  const GateDecision decision = gate_.decide(latest_.verdict, hysteresis_.raised(), elapsed_s, model_->learned_s());
  const EpisodeEvents events =
      episode_.advance(transition, decision == GateDecision::kAccept, latest_, passage.passed_s);
  // A quantile is of all scores: shown only what was not flagged, it would creep up.
  threshold_.learn(latest_.score);
  // What was held before an episode is not of it, and what was held in one that is over goes with it.
  if (transition != Transition::kNone) model_->discard_unlearned();
  learn(decision);
  return events;
}

void Watcher::begin_grace() {
  if (model_->ready()) grace_.begin();
}

void Watcher::learn(GateDecision decision) {
  switch (decision) {
    case GateDecision::kLearn:
      model_->update(observation_);
      break;
    case GateDecision::kHold:
      model_->observe_unlearned(observation_);
      break;
    case GateDecision::kAccept:
      model_->observe_unlearned(observation_);
      model_->accept_level();
      hysteresis_.reset();
      break;
  }
}

void Watcher::select(const Readings& readings, const StepTime& time) {
  if (as_they_are_.any() && (readings.present & as_they_are_) == as_they_are_) {
    std::copy_n(readings.values.begin(), columns_.size(), observation_.values.data());
    observation_.present = as_they_are_;
  } else {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::size_t row = columns_[i];
      const bool present = readings.present[row];
      const double value = present ? readings.values[row] : 0.0;
      observation_.values[static_cast<Eigen::Index>(i)] =
          config_.transform ? apply_transform(table_[row], value) : value;
      observation_.present[i] = present;
    }
  }
  observation_.elapsed_s = readings.elapsed_s;
  observation_.local_time_s = std::chrono::duration<double>(time.wall + time.utc_offset).count();
}

void Watcher::describe(FlagEvent event, platform::Flag& flag) const {
  const Snapshot& told = event == FlagEvent::kOngoing ? latest_ : episode_.peak();
  flag.event = event;
  flag.model.assign(config_.name);
  flag.id = episode_id(config_.name, episode_);
  flag.wall = latest_.wall;
  flag.surprise = told.score.surprise;
  flag.log_super_epsilon = told.score.log_density;
  flag.threshold = told.verdict.threshold;
  flag.critical = told.score.surprise >= config_.critical_surprise;
  // The quiet time that ended an episode is not part of it.
  flag.duration_s = event == FlagEvent::kCleared ? episode_.strange_s() : episode_.open_s();
  if (event != FlagEvent::kLearned) {
    explain(event, episode_, latest_, view(), flag);
    return;
  }
  const models::Score accepted = model_->score(observation_);
  explain(event, episode_, latest_, view(), flag, &accepted);
}

bool Watcher::is_same_as(const Watcher& other) const {
  return config_ == other.config_ && interval_s_ == other.interval_s_ &&
         std::equal(table_.begin(), table_.end(), other.table_.begin(), other.table_.end(),
                    [](const Feature& a, const Feature& b) { return a.scale == b.scale && a.resolution == b.resolution; });
}

ModelView Watcher::view() const {
  const double learned_s = model_->learned_s();
  const bool knows_hours = config_.baseline != models::BaselineKind::kGlobal && learned_s >= kHoursKnownAfterS;
  return {table_, columns_, config_.transform, knows_hours, learned_s, interval_s_};
}

}  // namespace epsilond::agent
