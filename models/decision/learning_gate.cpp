#include "models/decision/learning_gate.h"

#include <algorithm>

namespace epsilond::models {

GateDecision LearningGate::decide(const Verdict& verdict, bool raised, double elapsed_s, double learned_s) {
  const bool begins = raised && !was_raised_;
  was_raised_ = raised;
  if (!raised) {
    held_s_ = 0.0;
    return verdict.judged && verdict.strange ? GateDecision::kHold : GateDecision::kLearn;
  }
  // The time before the first row of an episode is not of it.
  if (begins) held_s_ = 0.0;
  if (!begins && elapsed_s > 0.0) held_s_ += elapsed_s;
  if (held_s_ < std::min(accept_after_s_, std::max(learned_s, kSoonestAcceptS))) return GateDecision::kHold;
  held_s_ = 0.0;
  was_raised_ = false;  // the episode is over; the next may begin with the very next sample
  return GateDecision::kAccept;
}

}  // namespace epsilond::models
