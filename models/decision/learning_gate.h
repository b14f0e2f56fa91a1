#pragma once
// Should this observation be learned? Keeps anomalies out of the baseline, and lets a lasting new level in.

#include <cstdint>

#include "models/decision/threshold.h"

namespace epsilond::models {

enum class GateDecision : std::uint8_t {
  kLearn,   // learn it
  kHold,    // do not learn it: show it to the model as unlearned
  kAccept,  // the new level has lasted: the model moves to it and the episode ends
};

class LearningGate {
 public:
  // `accept_after_s`: how long an episode lasts before its level is accepted as the new normal; > 0, infinity = never.
  explicit LearningGate(double accept_after_s) : accept_after_s_(accept_after_s) {}

  // A model that has learned for a quarter of an hour must not hold out against a new level for a day: it yields after
  // as long as it has learned, though never before this.
  static constexpr double kSoonestAcceptS = 600.0;

  // `raised`: an episode is open. `learned_s`: how long the model had learned when it began. kAccept is returned once
  // per episode, for the episode ends with it; a caller that keeps it open is told again after the same time.
  GateDecision decide(const Verdict& verdict, bool raised, double elapsed_s, double learned_s);
  void reset() {
    held_s_ = 0.0;
    was_raised_ = false;
  }

 private:
  double accept_after_s_;
  double held_s_ = 0.0;
  bool was_raised_ = false;
};

}  // namespace epsilond::models
