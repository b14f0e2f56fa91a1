#pragma once
// The default detector of one machine (`kind = product`): per-feature Gaussians whose log densities add up to log
// super-epsilon, and a surprise calibrated by each feature's own tail.
//
// Formulas, per feature: level and variance by exponential forgetting with a half-life of 3 days of real elapsed time,
// the residual clipped at 6 sd (after the first 30 rows); season on top (baseline/seasonal_baseline.h);
//   sd = max(sqrt(variance (1 + 3 / n_eff)), resolution, 0.02 |level|, 0.3 * smallest step ever seen),
//   z = (x - level - season) / sd, log super-epsilon = sum of -z^2 / 2 - ln sd - ln(2 pi) / 2,
//   t = -log10 tail(|z|) by the feature's own tail (decision/tail.h), but never more than the Gaussian itself says: sd is
//     no smaller than what is nothing on any machine, so what was never seen before is not strange for that alone,
//   surprise = max t - log10(d / 3) for having looked at d features (no correction for d <= 3),
//   share ~ blame * max(0, t - 1).
// Neighbouring samples are not independent: a load that slides for a minute has been seen once, not sixty times. With
// r the lag-1 autocorrelation, from the mean squared step q = 2 variance (1 - r), a sample is worth (1 - r) / (1 + r) of
// an independent one (first-order autoregression: Bartlett 1946); n_eff = n (1 - r) / (1 + r), and
// the tail counts a value as that much.
// A maximum, because a sum of many features hides the one that is grossly off.
// Source: the product of per-feature densities is the plain naive-Bayes anomaly detector; the constants and the tail
// were measured on recordings of real machines (docs/models.md). Cost: about 30 operations per feature to score and 70 to
// learn, two features at a time; logarithms only for the features beyond 1.6 sd or else the farthest one, and one a row
// for the product. Bytes: about 560 per feature, and with the season 2.3 KB.
// Hazards: a density has units, so log super-epsilon compares only with itself; features are taken as independent
// there; a feature that has been learned for fewer than 30 rows is shown but counts for nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/anomaly_model.h"
#include "models/baseline/running_moments.h"
#include "models/baseline/seasonal_baseline.h"
#include "models/decision/tail.h"
#include "models/feature_group.h"

namespace epsilond::models {

struct HostDetectorSettings {
  std::size_t feature_count = 0;  // 1 .. kMaxFeatures
  // Per feature, in the units of Observation::values: a wobble of this size is nothing on any healthy machine. The
  // standard deviation never falls below it, so a constant or an integer feature works. > 0.
  std::array<double, kMaxFeatures> resolution{};
  // Per feature, in (0, 1]: how much of the blame is its own when several are odd at once. A symptom (page faults while
  // memory fills) takes less than what it is a symptom of. Changes shares only, never the surprise. 0 is read as 1.
  std::array<double, kMaxFeatures> blame{};
  BaselineKind baseline = BaselineKind::kHourOfWeek;
  double interval_s = 1.0;   // nominal sampling interval
  double warm_up_s = 900.0;  // nothing is judged before
};

class HostDetector final : public AnomalyModel {
 public:
  explicit HostDetector(const HostDetectorSettings& settings);

  Score score(const Observation& observation) const override;
  // A gap counts as at most 10 intervals: what was not seen was not learned.
  void update(const Observation& observation) override;
  // Only the season learns it, a bounded step per visit: what is odd tonight and comes back every night becomes usual.
  void observe_unlearned(const Observation& observation) override;
  // Moves each feature whose held level lies more than 3 sd off, or is more than 3 times as wide, to that level.
  void accept_level() override;
  void discard_unlearned() override;
  // The tails; level, variance and season stay.
  void forget_spread() override;

  double learning_ratio() const override;
  double learned_s() const override { return learned_s_; }
  void reset() override;

  std::size_t memory_bytes() const override;
  double operations_per_sample() const override;
  std::size_t state_bytes() const override;
  // Fixed layout in the byte order of the machine; what observe_unlearned() saw is not part of it.
  void save(std::span<std::byte> out) const override;
  bool load(std::span<const std::byte> in) override;

 private:
  // What a row tells something of; of each mask here, bit i is feature i.
  struct Intake {
    std::uint64_t mask = 0;  // present and finite
    bool finite = true;      // no value is present and not finite
  };
  // The features that count, by whether they may have a share of the strangeness.
  struct Look {
    std::uint64_t odd = 0;
    std::uint64_t everyday = 0;
  };

  // What the tails are to learn.
  struct TailLesson {
    PerFeature z;
    PerFeature weight;
  };

  double sd(std::size_t i) const;
  FeatureLanes resolution(std::size_t first) const {
    return Eigen::Map<const FeatureLanes>(settings_.resolution.data() + first);
  }
  void refresh();
  double surprise_of(std::size_t i, double z) const;
  Intake take(const Observation& observation) const;
  Look look_at(const Observation& observation, std::uint64_t mask, Score& score) const;
  double judge(Look look, double irrelevant, Score& score) const;
  void spare_the_young(std::size_t first, FeatureLanes& bound, PerFeature& weight, PerFeature& seasoned) const;
  void learn_tails(std::uint64_t mask, const TailLesson& lesson);

  HostDetectorSettings settings_;
  double all_looked_at_;  // the correction for having looked at all features
  std::vector<FeatureGroup> groups_;
  std::vector<ForgettingMoments> unlearned_;  // of the values held since the episode began
  SeasonalBaseline::Slot unlearned_slot_;     // of the last of them
  std::vector<ParetoTail> tails_;
  SeasonalBaseline season_;
  double learned_s_ = 0.0;
  std::uint64_t learned_rows_ = 0;
};

}  // namespace epsilond::models
