#pragma once
// A host detector on simulated features, run the way the agent runs it: score, judge, raise, gate, learn.
// Not trivially destructible: build it in functions that tests call, not in a frame that asserts.

#include <cmath>
#include <functional>

#include "models/decision/hysteresis.h"
#include "models/decision/learning_gate.h"
#include "models/decision/threshold.h"
#include "models/host_detector.h"

namespace epsilond::tests {

inline models::PresenceMask all_present(std::size_t count) {
  models::PresenceMask mask;
  for (std::size_t i = 0; i < count; ++i) mask.set(i);
  return mask;
}

inline models::HostDetectorSettings bed_settings(std::size_t feature_count, double warm_up_s = 900.0) {
  models::HostDetectorSettings settings;
  settings.feature_count = feature_count;
  settings.resolution.fill(1.0);
  settings.warm_up_s = warm_up_s;
  return settings;
}

struct Bed {
  // What one sample led to.
  struct Step {
    models::Score score;
    models::Verdict verdict;
    models::Transition transition;
    models::GateDecision decision;
  };

  explicit Bed(const models::HostDetectorSettings& settings, double accept_after_s = 3600.0)
      : feature_count(settings.feature_count),
        interval_s(settings.interval_s),
        model(settings),
        threshold({.interval_s = settings.interval_s}),
        gate(accept_after_s) {
    observation.values = models::FeatureVector::Zero(static_cast<Eigen::Index>(feature_count));
    observation.present = all_present(feature_count);
    observation.elapsed_s = interval_s;
    observation.local_time_s = 1.7e9;
  }

  double& value(std::size_t i) { return observation.values[static_cast<Eigen::Index>(i)]; }

  // Takes the values that stand in `observation`.
  Step step() {
    observation.local_time_s += observation.elapsed_s;
    Step out;
    out.score = model.score(observation);
    out.verdict = threshold.judge(out.score, model.learned_s());
    out.transition = hysteresis.advance(out.verdict, observation.elapsed_s);
    threshold.learn(out.score);
    out.decision = gate.decide(out.verdict, hysteresis.raised(), observation.elapsed_s, model.learned_s());
    if (out.decision == models::GateDecision::kLearn) {
      model.update(observation);
    } else {
      model.observe_unlearned(observation);
    }
    if (out.transition == models::Transition::kRaised) ++raised;
    if (out.transition == models::Transition::kCleared) model.discard_unlearned();
    if (out.decision == models::GateDecision::kAccept) {
      model.accept_level();
      hysteresis.reset();
      ++accepted;
    }
    return out;
  }

  std::size_t feature_count;
  double interval_s;
  models::HostDetector model;
  models::Threshold threshold;
  models::Hysteresis hysteresis{models::HysteresisSettings{}};
  models::LearningGate gate;
  models::Observation observation;
  int raised = 0;
  int accepted = 0;
};

}  // namespace epsilond::tests
