#pragma once
// The series ensemble on a live machine: a slow second look at one feature, on means over a minute or more.
//
// Formula: the feature's values over max(step_s, the nominal interval) of elapsed time make one mean, which
// series_ensemble.h scores as of the time of the last of them; until the next one is complete that score stands. A mean
// is learned if every row in it was. Strangeness is the score; surprise = line + log10(3 step / (rate interval)), line
// by series_surprise.h, which counts episodes per mean, the rest turns that into rows (3: models/decision/threshold.h).
// rate = max(0.5, (alerts + 5) / (expected + 5)) is how much oftener than the line says this series has begun an alert
// of 1.15 or more, flagged ones counted. Source: the rate is a Poisson rate with a Gamma prior worth five alerts.
// Measured on seven kinds of made series (white, daily wave, Student t of 3 degrees, lognormal, autocorrelated, counts,
// bursts), 5 series of 8 weeks at 60 s each: 0.05 to 1.5 times the knob at 0.5 a week, 0.8 in the mean; 0.1 to 0.8 and
// 0.4 at 2; 0.06 to 0.7 and 0.4 at 10. No hold-off (hold_off.h): episodes and clear_after tell an incident once, and
// end when it does. Explanation and state: models/bank_detector.h. Cost: 10 operations per row; 5 us per mean. Bytes:
// 54 KB at 60 s. Hazards: after a gap a mean holds values from both sides of it; an accepted level makes the ensemble
// start anew, silent for 100 means.

#include <cstdint>

#include "models/bank_detector.h"
#include "models/series/series_ensemble.h"

namespace epsilond::models {

struct SeriesDetectorSettings {
  BankSettings bank;     // feature_count is 1
  double step_s = 60.0;  // over which a mean is taken; at least the interval
};

class SeriesDetector final : public BankDetector {
 public:
  explicit SeriesDetector(const SeriesDetectorSettings& settings);

  bool low_is_strange() const override { return false; }

 protected:
  double surprise(double strangeness) const override;
  Judgement judge(const Observation& observation, FeatureVector& part) const override;
  void move_on(const Observation& observation) override;
  void learn(const Observation& observation, double elapsed_s) override;
  // After SeriesEnsemble::kSilentValues learned means; scores are shown to the tail long before.
  bool fitted() const override;
  void forget() override;
  std::size_t own_memory_bytes() const override;
  double own_operations_per_sample() const override;
  std::size_t own_state_bytes() const override;
  void save_own(std::span<std::byte> out) const override;
  bool load_own(std::span<const std::byte> in) override;

 private:
  // The mean that is being made.
  struct Step {
    double elapsed_s = 0.0;
    double sum = 0.0;
    double values = 0.0;
    double learned = 0.0;  // of the values
  };

  // Counts alerts of this series, flagged ones too, against what series_surprise.h lets expect.
  void count_mean(bool starts_alert);
  Step step_with(const Observation& observation) const;
  bool judges_next() const;
  bool complete(const Step& step, const Observation& observation) const;

  double step_s_;
  SeriesEnsemble ensemble_;
  Step step_;
  double score_ = 0.0;        // of the last complete mean
  bool judged_ = false;       // whether it counts
  std::uint64_t scored_ = 0;  // means that had a score
  double alerts_ = 0.0;       // runs of judged means at kAlertScore or above
  double expected_ = 0.0;     // of them, by the line
  bool learns_ = false;       // the latest row completed a mean all of whose earlier rows were learned
  bool completed_ = false;    // the latest row completed a mean
};

}  // namespace epsilond::models
