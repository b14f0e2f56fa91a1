#pragma once
// One `[model NAME]` at work: its columns, its model, its threshold, its episodes.

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/pipeline/episode.h"
#include "agent/pipeline/explanation.h"
#include "agent/pipeline/grace.h"
#include "agent/pipeline/saved_episode.h"
#include "agent/pipeline/snapshot.h"
#include "models/anomaly_model.h"
#include "models/decision/hysteresis.h"
#include "models/decision/learning_gate.h"
#include "models/decision/threshold.h"
#include "models/decision/usual_score.h"
#include "platform/emit/flag.h"
#include "platform/kernel/process_growth.h"

namespace epsilond::agent {

// When a step happens.
struct StepTime {
  std::chrono::nanoseconds wall{0};        // since the Unix epoch
  std::chrono::seconds utc_offset{0};      // local wall time = wall + utc_offset
  std::chrono::nanoseconds since_boot{0};  // sleep included; 0: not known
};

// Unique on this host: the model, the second it began, and how many came before it.
platform::FixedString<48> episode_id(std::string_view model, std::chrono::nanoseconds began, std::uint64_t number);

class Watcher {
 public:
  // `config.features`: rows of `table`, which must outlive the watcher.
  [[gnu::cold]] Watcher(const ModelConfig& config, double interval_s, std::span<const Feature> table,
                        std::unique_ptr<models::AnomalyModel> model);

  // Scores, judges, and only then learns one row. While `muted` it scores only, and so it does in a grace unless an
  // episode is open; what is open waits, and its time goes on. The returned events are to be sent; describe() renders
  // each.
  EpisodeEvents step(const Readings& readings, const StepTime& time, const Passage& passage, bool muted);
  // From the next row on; a model in warm-up needs none.
  void begin_grace();
  // To be called with what step() returned, before describe(): looks for the processes behind an episode at its onset,
  // and again when it is announced if none was found or the explanation is another by then.
  [[gnu::cold]] void find_culprits(const EpisodeEvents& events, platform::ProcessGrowth& growth);
  // Fills model, id, numbers, features, processes and text of an event that step() just returned.
  [[gnu::cold]] void describe(platform::FlagEvent event, platform::Flag& flag) const;

  // Forgets everything and starts over; an open episode ends without a word.
  void relearn();
  // The model forgets one row of the table; false if it looks at no such row, or knows features only together. An open
  // episode goes on, and ends when what is left is usual.
  bool relearn_feature(std::size_t row);
  // What was learned came from rows far apart; see AnomalyModel::forget_spread().
  void forget_spread();

  // Same name, keys, interval and scales: after a reload one can go on in place of the other.
  [[gnu::cold]] bool is_same_as(const Watcher& other) const;
  // Goes on with another table of the same scales, which must outlive the watcher.
  void rebind(std::span<const Feature> table) { table_ = table; }
  // Of a watcher of the same model before its keys were changed: the grace goes on.
  void take_over_grace(const Watcher& before) { grace_.take_over(before.grace_); }

  // What of its episodes is to outlive the agent, and the way back: true if the open one goes on, with its id, after
  // `away_s` >= 0 of which nothing is known. False, and only the counting goes on, if none was open, or if the model
  // has not learned enough to see an end of it.
  void save_episode(std::chrono::nanoseconds wall, SavedEpisode& out) const;
  bool resume_episode(const SavedEpisode& saved, double away_s);

  const std::string& name() const { return config_.name; }
  const ModelConfig& config() const { return config_; }
  const Snapshot& latest() const { return latest_; }
  const models::AnomalyModel& model() const { return *model_; }
  models::AnomalyModel& model() { return *model_; }
  // Of log super-epsilon, or of the model's own score, over what it learned since it was ready.
  const models::UsualScore& usual_score() const { return usual_score_; }
  models::UsualScore& usual_score() { return usual_score_; }
  // The open episode, or the last one.
  const Episode& episode() const { return episode_; }
  // An episode is open, and is not in the quiet between two raises of a flapping one.
  bool anomalous() const { return episode_.open() && !episode_.resting(); }
  // Nothing new is raised now.
  bool in_grace() const { return grace_.active() && model_->ready(); }
  ModelView view() const;

 private:
  void select(const Readings& readings, const StepTime& time);
  void find_cause();
  void append_count(platform::FlagEvent event, platform::Flag& flag) const;
  void learn(models::GateDecision decision, double elapsed_s);

  ModelConfig config_;
  double interval_s_;
  std::span<const Feature> table_;
  std::vector<std::size_t> columns_;  // rows of the feature table, ascending
  models::PresenceMask as_they_are_;  // all columns, if each is the row of its own number and stays in natural units
  std::unique_ptr<models::AnomalyModel> model_;
  models::Threshold threshold_;
  models::Hysteresis hysteresis_;
  models::LearningGate gate_;
  models::UsualScore usual_score_;
  Grace grace_;
  Episode episode_;
  double held_s_ = 0.0;  // that the gate has held out, as far as it was seen
  std::array<platform::FlagProcess, platform::kMaxFlagProcesses> culprits_;  // of episode number looked_for_
  std::size_t culprit_count_ = 0;
  std::uint64_t looked_for_ = 0;
  std::chrono::nanoseconds looked_at_{0};  // the moment that was explained
  models::Observation observation_;        // the newest row as the model sees it; reused, for it is large
  Snapshot latest_;
};

}  // namespace epsilond::agent
