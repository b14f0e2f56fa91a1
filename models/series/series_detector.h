#pragma once
// The series ensemble on a live machine: a slow second look at one feature, on means over a minute or more.
//
// Formula: the feature's values over max(step_s, the nominal interval) of elapsed time make one mean, which
// series_ensemble.h scores as of the time of the last of them; until the next one is complete that score stands. A mean
// is learned if every row in it was. Strangeness is the root of the score, for a score is a z-score times the root of a
// rarity, and its own tail is too heavy for the surprise of a young series (measured on made series at 0.5 a week: the
// first two days have a quarter of the false alarms). Surprise, explanation and state: models/bank_detector.h. Cost: 10
// operations per row; 5 us per mean. Bytes: 54 KB at 60 s. Hazards: after a gap a mean holds values from both sides of
// it; the surprise's own tail sees a score once per row, not once per mean; an accepted level makes the ensemble start
// anew, silent for 100 means.

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

  Step step_with(const Observation& observation) const;
  bool judges_next() const;
  bool complete(const Step& step, const Observation& observation) const;

  double step_s_;
  SeriesEnsemble ensemble_;
  Step step_;
  double score_ = 0.0;        // of the last complete mean
  bool judged_ = false;       // whether it counts
  std::uint64_t scored_ = 0;  // means that had a score
  bool learns_ = false;       // the latest row completed a mean all of whose earlier rows were learned
  bool completed_ = false;    // the latest row completed a mean
};

}  // namespace epsilond::models
