#pragma once
// The default detector of one machine (`kind = product`): per-feature Gaussians whose log densities add up to log
// super-epsilon, and a surprise calibrated by each feature's own tail.
//
// Formulas, per feature: level and variance by exponential forgetting with a half-life of 5 days of real elapsed time,
// the residual clipped at 9 sd (after the first 30 rows), and after the warm-up, where rows are less than 10 s apart,
// one beyond 6 sd counts as no more than a sample of its feature is worth, see below; season on top, in mean and in
// spread (baseline/seasonal_baseline.h);
//   sd = spread * max(sqrt(variance), resolution, 0.02 |level|, 0.3 * smallest step ever seen),
//   z = (x - level - season) / sd, log super-epsilon = sum of -z^2 / 2 - ln sd - ln(2 pi) / 2,
//   change z = (x - its mean of late) / sd of that, the mean of late with a half-life of two rows.
// What is within the resolution adds nothing to the sum over all features, in level or in change. Two channels look at
// them: host/joint_channel.h at all features together, host/gross_channel.h at the rarest one, its z divided by sqrt(1
// + 3 / n_eff) for how little is known; surprise = the larger of the two. A sum over many features hides the one that
// is grossly off, and a maximum does not see the many that are a little.
//   share ~ blame * max(0, t - 1) of the rarest features, else blame * their part of the sum.
// What is as strange at this hour day after day is routine (host/routine.h), and the cut is no lower than that.
// Neighbouring samples are not independent: a load that slides for a minute has been seen once, not sixty times. With r
// the lag-1 autocorrelation, from the mean squared step q = 2 variance (1 - r), a sample is worth (1 - r) / (1 + r) of
// an independent one (first-order autoregression: Bartlett 1946); n_eff = n (1 - r) / (1 + r), and the tail counts a
// value as that much. Source: the product of per-feature densities is the plain naive-Bayes anomaly detector; where its
// numbers come from: docs/models.md, section 9; what it reaches: docs/detection.md. Cost: about 200 operations per
// feature and 6 d^2, two features at a time where it can be. Bytes at 1 s: about 25 KB, 2.8 KB per feature, with the
// season 4.7 KB, and 60 d^2. Hazards: a density has units, so log super-epsilon compares only with itself; features are
// taken as independent there; a feature that has been learned for fewer than 30 rows is shown but counts for nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/anomaly_model.h"
#include "models/baseline/running_moments.h"
#include "models/baseline/seasonal_baseline.h"
#include "models/feature_group.h"
#include "models/host/gross_channel.h"
#include "models/host/joint_channel.h"
#include "models/host/routine.h"

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
  JointTerms terms;
  bool rarest = true;        // the rarest feature is looked at beside all together
  double interval_s = 1.0;   // nominal sampling interval
  double warm_up_s = 900.0;  // nothing is judged before
};

class HostDetector final : public AnomalyModel {
 public:
  explicit HostDetector(const HostDetectorSettings& settings);

  // Keeps what it worked out, for advance() and update() of the same row.
  Score score(const Observation& observation) const override;
  void advance(const Observation& observation) override;
  // A gap counts as at most 10 intervals: what was not seen was not learned.
  void update(const Observation& observation) override;
  // Only the season learns it, a bounded step per visit: what is odd tonight and comes back every night becomes usual.
  void observe_unlearned(const Observation& observation) override;
  // Moves each feature whose held level lies more than 3 sd off, or is more than 3 times as wide, to that level.
  void accept_level() override;
  void discard_unlearned() override;
  // The tails and the long run of the scores; level, variance and season stay.
  void forget_spread() override;
  bool forget_feature(std::size_t feature) override;

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
  // What a row says to the present model.
  struct Reading {
    std::uint64_t present = 0;  // has a finite value; of each mask here, bit i is feature i
    std::uint64_t counted = 0;  // of those, known for long enough
    std::uint64_t known = 0;    // for long enough, present or not
    bool finite = true;         // no value is present and not finite
    SeasonalBaseline::Slot slot;
    SeasonalBaseline::Parts season;
    PerFeature mean;  // with the season
    PerFeature sd;
    PerFeature change;      // from what the value was of late; 0 where it has none
    Deviations deviations;  // of the level, with doubt
    JointChannel::Row joint;
    GrossChannel::Row gross;
    Routine::Blamed blamed;
    double surprise = 0.0;
    double routine = 0.0;  // how strange is routine at this hour
  };

  double sd(std::size_t i) const;
  FeatureLanes resolution(std::size_t first) const { return lanes_of(settings_.resolution, first); }
  void refresh();
  void read(const Observation& observation, Reading& reading) const;
  void take(const Observation& observation, Reading& reading) const;
  void describe(const Observation& observation, const Reading& reading, Score& score) const;
  void describe_uncounted(const Observation& observation, const Reading& reading, std::size_t i, Score& score) const;
  void share(const Reading& reading, Score& score) const;
  void find_routine(const Observation& observation, const Score& score) const;
  std::uint32_t shape() const;

  HostDetectorSettings settings_;
  std::vector<FeatureGroup> groups_;
  std::vector<ForgettingMoments> unlearned_;  // of the values held since the episode began
  SeasonalBaseline::Slot unlearned_slot_;     // of the last of them
  SeasonalBaseline season_;
  JointChannel joint_;
  GrossChannel gross_;
  Routine routine_;
  double held_s_ = 0.0;  // without a row between that was learned
  double learned_s_ = 0.0;
  std::uint64_t learned_rows_ = 0;
  mutable std::vector<double> joint_bytes_;  // room for save()
  mutable Reading latest_;                   // of the row scored last
  mutable bool scored_ = false;              // latest_ is of a row that advance() has not seen
  bool advanced_ = false;                    // latest_ is of a row that update() has not seen
};

}  // namespace epsilond::models
