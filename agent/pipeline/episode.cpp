#include "agent/pipeline/episode.h"

namespace epsilond::agent {

using platform::FlagEvent;

EpisodeEvents Episode::advance(models::Transition transition, bool accepted, const Snapshot& now, double elapsed_s) {
  EpisodeEvents events;
  if (transition == models::Transition::kRaised) {
    begin(now);
  } else if (!open_) {
    return events;
  } else {
    open_s_ += elapsed_s;
    since_told_s_ += elapsed_s;
    if (now.verdict.strange) {
      strange_s_ = open_s_;
      if (explains_better(now)) peak_ = now;
    }
  }

  const bool ended = accepted || transition == models::Transition::kCleared;
  if (!announced_ && (ended || peak_.cause_leads || open_s_ >= settings_.settle_s)) {
    announced_ = true;
    since_told_s_ = 0.0;
    events.add(FlagEvent::kRaised);
  } else if (!ended && announced_ && settings_.remind_after_s > 0.0 && since_told_s_ >= settings_.remind_after_s) {
    since_told_s_ = 0.0;
    events.add(FlagEvent::kOngoing);
  }
  if (ended) {
    open_ = false;
    events.add(accepted ? FlagEvent::kLearned : FlagEvent::kCleared);
  }
  return events;
}

bool Episode::explains_better(const Snapshot& now) const {
  if (now.cause_leads != peak_.cause_leads) return now.cause_leads;
  return now.score.surprise > peak_.score.surprise;
}

void Episode::begin(const Snapshot& now) {
  open_ = true;
  announced_ = false;
  peak_ = now;
  began_ = now.wall;
  ++number_;
  open_s_ = 0.0;
  strange_s_ = 0.0;
  since_told_s_ = 0.0;
}

}  // namespace epsilond::agent
