#include "agent/pipeline/episode.h"

#include <algorithm>

namespace epsilond::agent {

using models::Transition;
using platform::FlagEvent;

namespace {

// A moment is three kilobytes: copied in one place.
[[gnu::noinline]] void keep(const Snapshot& moment, Snapshot& out) { out = moment; }

}  // namespace

EpisodeEvents Episode::advance(Transition transition, bool accepted, const Snapshot& now, double elapsed_s) {
  EpisodeEvents events;
  clock_s_ += elapsed_s;
  if (transition == Transition::kRaised && !open_)
    begin(now);
  else if (open_)
    go_on(transition, now, elapsed_s);
  else
    return events;

  const bool rested_enough = resting_ && rest_s_ >= settings_.flap_window_s;
  const bool over = accepted || transition == Transition::kCleared || rested_enough;
  if (!announced_ && (over || peak_.cause_leads || open_s_ >= settings_.settle_s)) {
    if (accepted || !hushed()) {
      announce(events);
    } else if (over) {
      open_ = false;
      ++untold_;
      return events;
    }
  } else if (announced_ && !over && !resting_) {
    const bool reminds = settings_.remind_after_s > 0.0 && since_told_s_ >= settings_.remind_after_s;
    if (reminds || is_news(now)) {
      since_told_s_ = 0.0;
      back_again_ = false;
      told_critical_ = told_critical_ || now.score.surprise >= settings_.critical_surprise;
      events.add(FlagEvent::kOngoing);
    }
  }
  if (!over) return events;
  if (!accepted && !rested_enough && flapping())
    rest(events);
  else
    end(accepted, events);
  return events;
}

void Episode::wait(const Snapshot& now, double elapsed_s) {
  clock_s_ += elapsed_s;
  if (!open_) return;
  open_s_ += elapsed_s;
  if (now.verdict.strange) strange_s_ = open_s_;
}

void Episode::begin(const Snapshot& now) {
  if (announced_) untold_ = 0;
  open_ = true;
  announced_ = false;
  told_critical_ = false;
  resting_ = false;
  rested_ = false;
  back_again_ = false;
  keep(now, peak_);
  began_ = now.wall;
  ++number_;
  times_ = 1;
  open_s_ = 0.0;
  strange_s_ = 0.0;
  since_told_s_ = 0.0;
}

void Episode::go_on(Transition transition, const Snapshot& now, double elapsed_s) {
  open_s_ += elapsed_s;
  since_told_s_ += elapsed_s;
  if (resting_ && now.verdict.judged) rest_s_ += std::min(elapsed_s, settings_.longest_seen_s);
  if (now.verdict.strange) {
    rest_s_ = 0.0;
    strange_s_ = open_s_;
    if (explains_better(now)) keep(now, peak_);
  }
  if (transition != Transition::kRaised) return;
  resting_ = false;
  back_again_ = true;
  ++times_;
  note_raise(now);
}

bool Episode::explains_better(const Snapshot& now) const {
  if (now.cause_leads != peak_.cause_leads) return now.cause_leads;
  return now.score.surprise > peak_.score.surprise;
}

// The same as what was last cleared, and too soon to tell it again?
bool Episode::hushed() const {
  const bool worse = peak_.score.surprise >= settings_.critical_surprise && !cleared_critical_;
  return clock_s_ - cleared_at_s_ < settings_.cooldown_s && peak_.leading == cleared_leading_ && !worse;
}

bool Episode::flapping() const {
  if (settings_.flap_count == 0 || raise_count_ == 0) return false;
  const Raise& last = raises_[(raise_count_ - 1) % kMostFlaps];
  unsigned count = 0;
  for (std::size_t i = 0; i < std::min(raise_count_, kMostFlaps); ++i)
    if (raises_[i].leading == last.leading && clock_s_ - raises_[i].at_s <= settings_.flap_window_s) ++count;
  return count >= settings_.flap_count;
}

// Raised from its rest by another feature, or worse than ever told: that must not wait for a reminder.
bool Episode::is_news(const Snapshot& now) const {
  if (!back_again_ || !now.verdict.strange) return false;
  const Raise& before = raises_[(raise_count_ + kMostFlaps - 2) % kMostFlaps];
  const bool other = now.cause_leads && now.leading != before.leading;
  const bool worse = now.score.surprise >= settings_.critical_surprise && !told_critical_;
  return other || worse;
}

void Episode::note_raise(const Snapshot& now) { raises_[raise_count_++ % kMostFlaps] = {clock_s_, now.leading}; }

void Episode::announce(EpisodeEvents& events) {
  announced_ = true;
  told_critical_ = peak_.score.surprise >= settings_.critical_surprise;
  since_told_s_ = 0.0;
  note_raise(peak_);
  events.add(FlagEvent::kRaised);
}

void Episode::rest(EpisodeEvents& events) {
  resting_ = true;
  rest_s_ = 0.0;
  if (rested_) return;
  rested_ = true;
  since_told_s_ = 0.0;
  events.add(FlagEvent::kOngoing);
}

void Episode::end(bool accepted, EpisodeEvents& events) {
  open_ = false;
  if (!accepted) {
    cleared_at_s_ = clock_s_;
    cleared_leading_ = peak_.leading;
    cleared_critical_ = peak_.score.surprise >= settings_.critical_surprise;
  }
  events.add(accepted ? FlagEvent::kLearned : FlagEvent::kCleared);
}

void Episode::abandon() {
  open_ = false;
  announced_ = false;
  raise_count_ = 0;
  untold_ = 0;
  cleared_at_s_ = -std::numeric_limits<double>::infinity();
}

EpisodeRecord Episode::record() const {
  return {began_, number_, open_s_, strange_s_, times_, resting_, told_critical_};
}

void Episode::resume(const EpisodeRecord& record, const Snapshot& peak, double away_s) {
  begin(peak);
  announced_ = true;
  began_ = record.began;
  number_ = record.number;
  open_s_ = record.open_s + away_s;
  strange_s_ = record.strange_s;
  times_ = record.times;
  resting_ = record.resting;
  rested_ = record.resting || record.times > 1;
  told_critical_ = record.told_critical;
  note_raise(peak);
}

}  // namespace epsilond::agent
