#include "agent/pipeline/watcher.h"

#include <algorithm>
#include <new>
#include <type_traits>
#include <utility>

#include "models/complete_score.h"
#include "models/learning_time.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using models::GateDecision;
using models::Transition;

constexpr double kHoursKnownAfterS = 86400.0;  // every hour was seen once

// Only what the table has: readings are half a kilobyte, and most tables are narrower.
void remember(const Readings& readings, std::size_t feature_count, Readings& out) {
  std::copy_n(readings.values.begin(), feature_count, out.values.begin());
  out.present = readings.present;
  out.elapsed_s = readings.elapsed_s;
}

}  // namespace

EpisodeEvents Watcher::step(const Readings& readings, const StepTime& time, const Passage& passage, bool muted) {
  select(readings, time);
  latest_.wall = time.wall;
  remember(readings, table_.size(), latest_.readings);
  // Before it is learned, so no sample vouches for itself. Made where it stays, for a score is two kilobytes.
  static_assert(std::is_trivially_destructible_v<models::Score>);
  ::new (&latest_.score) models::Score(model_->score(observation_));
  model_->advance(observation_);
  latest_.verdict = threshold_.judge(latest_.score, model_->learned_s());
  find_cause();
  grace_.advance({passage.passed_s, passage.broken && model_->ready()});
  // What was not seen is neither quiet nor lasting, as it is not learned.
  const double elapsed_s = models::counted_elapsed_s(readings.elapsed_s, interval_s_);
  if (muted || (in_grace() && !anomalous())) {
    hysteresis_.advance({}, elapsed_s);  // what was strange before is not of what comes after
    episode_.wait(latest_, passage.passed_s);
    return {};
  }

  const Transition transition = hysteresis_.advance(latest_.verdict, elapsed_s);
  const GateDecision decision = gate_.decide(latest_.verdict, hysteresis_.raised(), elapsed_s, model_->learned_s());
  const bool goes_on = hysteresis_.raised() && transition != Transition::kRaised;
  held_s_ = goes_on ? held_s_ + elapsed_s : 0.0;
  const EpisodeEvents events =
      episode_.advance(transition, decision == GateDecision::kAccept, latest_, passage.passed_s);
  // A quantile is of all scores: shown only what was not flagged, it would creep up.
  threshold_.learn(latest_.score);
  // What was held before an episode is not of it, and what was held in one that is over goes with it.
  if (transition != Transition::kNone) model_->discard_unlearned();
  learn(decision, elapsed_s);
  return events;
}

void Watcher::find_cause() {
  const bool strange = latest_.verdict.strange;
  const std::optional<std::size_t> leading = strange ? leading_column(latest_, view()) : std::nullopt;
  latest_.leading = leading ? static_cast<std::uint8_t>(*leading) : kNoColumn;
  latest_.cause_leads = strange && cause_leads(latest_, view());
}

void Watcher::begin_grace() {
  if (model_->ready()) grace_.begin();
}

void Watcher::learn(GateDecision decision, double elapsed_s) {
  switch (decision) {
    case GateDecision::kLearn:
      model_->update(observation_);
      if (models::is_complete(latest_.score)) usual_score_.learn(latest_.score.log_density, elapsed_s);
      break;
    case GateDecision::kHold:
      model_->observe_unlearned(observation_);
      break;
    case GateDecision::kAccept:
      model_->observe_unlearned(observation_);
      model_->accept_level();
      usual_score_.reset();  // of another density
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
  observation_.local_time_s = platform::seconds_of(time.wall + time.utc_offset);
}

ModelView Watcher::view() const {
  const double learned_s = model_->learned_s();
  const bool knows_hours = config_.baseline != models::BaselineKind::kGlobal && learned_s >= kHoursKnownAfterS;
  return {table_, columns_, config_.transform, knows_hours, learned_s, interval_s_};
}

}  // namespace epsilond::agent
