#include "models/decision/learning_gate.h"

#include <algorithm>

namespace epsilond::models {

GateDecision LearningGate::decide(const Verdict& verdict, bool raised, double elapsed_s, double learned_s) {
  if (!raised) {
    held_s_ = 0.0;
    return verdict.judged && verdict.strange ? GateDecision::kHold : GateDecision::kLearn;
  }
  if (elapsed_s > 0.0) held_s_ += elapsed_s;
  if (held_s_ < std::min(accept_after_s_, std::max(learned_s, kSoonestAcceptS))) return GateDecision::kHold;
  held_s_ = 0.0;  // the episode is over; the next may begin with the very next sample
  return GateDecision::kAccept;
}

}  // namespace epsilond::models
