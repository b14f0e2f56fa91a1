#pragma once
// Turns a score into a verdict: is this observation stranger than we are willing to be disturbed by?
//
// kBudget: of a model that has learned for a seconds, knob + C / ((a + g) (1 + a / f)) false alarms per second are
// tolerated, g = 30 min, f = 6 h, C = 0.4 where rows are less than 10 s apart and 0.07 where they are not: a young model
// cannot know the tail that a week of quiet needs, so it states what it allows itself, C / (1 - g / f) ln((f + a0) / (g
// + a0)) extra alarms from the age a0 on: 0.93, or a sixth of that, after 15 minutes, and nearly all of it on the first
// day. threshold = -log10(that rate * interval / 3): what is above the cut comes in runs. Where C, f, g and the third
// come from: docs/models.md, section 9. Hazards: at long intervals one sample is many seconds of budget, so the tolerated
// probability per sample is capped at 5 %. kQuantile must be shown what was flagged too, else the cut creeps up by about
// q ln(n).

#include <cstddef>
#include <cstdint>

#include "models/decision/running_quantile.h"
#include "models/score.h"

namespace epsilond::models {

struct Verdict {
  bool judged = false;   // false: the threshold abstained (learning, non-finite, or a known feature is absent)
  bool strange = false;  // only when judged
  // The cut in force, on the scale of the form: surprise for kBudget, log density (or own score) for the others.
  double threshold = 0.0;
};

// A strange moment is seen in about this many samples before it is over, so a rate of episodes is this many times
// smaller than a rate of samples (docs/models.md, section 9).
inline constexpr double kDeclusteringFactor = 3.0;

enum class ThresholdForm : std::uint8_t {
  kBudget,    // surprise >= -log10 of the tolerated rate per sample
  kEpsilon,   // log density < epsilon, or score > epsilon; for experts: a density has units
  kQuantile,  // stranger than the running quantile of what was learned; also serves `contamination`
};

struct ThresholdSettings {
  ThresholdForm form = ThresholdForm::kBudget;
  double false_alarms_per_week = 0.5;  // kBudget: > 0
  double epsilon = 0.0;                // kEpsilon: natural log of a density, or the model's own score
  bool low_is_strange = true;          // AnomalyModel::low_is_strange()
  double quantile = 0.001;             // kQuantile: in (0, 0.5]
  double interval_s = 1.0;             // nominal sampling interval, > 0
};

class Threshold {
 public:
  explicit Threshold(const ThresholdSettings& settings);

  // `learned_s`: seconds the model has learned, for the allowance of a young model (kBudget).
  Verdict judge(const Score& score, double learned_s) const;
  // Shows the threshold every score, flagged or not (kQuantile keeps its running quantile).
  void learn(const Score& score);
  void reset();

 private:
  double budget_cut(double learned_s) const;
  double oriented(double own) const { return settings_.low_is_strange ? own : -own; }

  ThresholdSettings settings_;
  RunningQuantile quantile_;  // of oriented scores
};

}  // namespace epsilond::models
