#pragma once
// What the detectors of the bank have in common at work on a live machine: each feature's own moments (for explanation
// and for scaling), a calibrated tail of the model's own score, warm-up, and the fate of what is not learned. A
// detector adds how strange a row is and what it learns from one.
//
// Formula: surprise = -log10 of the tail probability of the strangeness (decision/score_tail.h); z = (x - mean) / sd
// with sd = max(sqrt(variance (1 + 3 / n)), resolution); moments with a half-life of 5 days of real elapsed time, a
// residual clipped at 6 sd. Source: docs/models.md, sections 8 and 9. Cost: about 40 operations per feature, plus the
// detector's own. Bytes: about 100 per feature, plus the detector's own.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/anomaly_model.h"
#include "models/baseline/running_moments.h"
#include "models/decision/score_tail.h"

namespace epsilond::models {

struct BankSettings {
  std::size_t feature_count = 0;                  // 1 .. kMaxFeatures
  std::array<double, kMaxFeatures> resolution{};  // as HostDetectorSettings
  std::array<double, kMaxFeatures> blame{};       // as HostDetectorSettings
  double interval_s = 1.0;                        // nominal sampling interval
  double warm_up_s = 900.0;                       // nothing is judged before
};

class BankDetector : public AnomalyModel {
 public:
  Score score(const Observation& observation) const final;
  void advance(const Observation& observation) final;
  // advance() must have been called with the same observation.
  void update(const Observation& observation) final;
  void observe_unlearned(const Observation& observation) final;
  // Moves every feature's moments to the held level and forgets the fit: the detector abstains until it is fitted anew.
  void accept_level() final;
  void discard_unlearned() final;
  // The tail of the score; it abstains until that has seen enough scores again.
  void forget_spread() final { tail_.reset(); }
  // Warm-up, but never 1 before the detector is fitted.
  double learning_ratio() const final;
  double learned_s() const final { return learned_s_; }
  void reset() final;
  std::size_t memory_bytes() const final;
  double operations_per_sample() const final;
  std::size_t state_bytes() const final;
  void save(std::span<std::byte> out) const final;
  bool load(std::span<const std::byte> in) final;

 protected:
  // What a detector says of one row. `part[i]` is feature i's raw, non-negative part of the strangeness, in any unit;
  // it comes in as zeros of length feature_count().
  struct Judgement {
    bool judged = false;       // false: not fitted yet, or a window is not full
    double log_density = 0.0;  // natural log of a density in the units of Observation::values, or the native score
    double strangeness = 0.0;  // larger = stranger, any unit
  };

  explicit BankDetector(const BankSettings& settings);

  virtual Judgement judge(const Observation& observation, FeatureVector& part) const = 0;
  // -log10 of the tail probability of a strangeness; >= 0, finite, never decreasing. By the tail of what was learned,
  // unless a detector knows better.
  virtual double surprise(double strangeness) const { return tail_.surprise(strangeness); }
  // Moves windows that judge() looks back on behind `observation`; learns nothing.
  virtual void move_on(const Observation& observation) { static_cast<void>(observation); }
  // Learns one row; does a bounded part of any refit that is due, so that no tick is late. `elapsed_s` is capped at 10
  // intervals.
  virtual void learn(const Observation& observation, double elapsed_s) = 0;
  virtual bool fitted() const = 0;
  // Forgets the fit and everything that was gathered for one.
  virtual void forget() = 0;
  // Bytes and learned state beyond this base class. Non-finite or impossible state must be refused whole.
  virtual std::size_t own_memory_bytes() const = 0;
  virtual double own_operations_per_sample() const = 0;  // with two calls of judge()
  virtual std::size_t own_state_bytes() const = 0;
  virtual void save_own(std::span<std::byte> out) const = 0;
  virtual bool load_own(std::span<const std::byte> in) = 0;

  std::size_t feature_count() const { return settings_.feature_count; }
  double interval_s() const { return settings_.interval_s; }
  // Of all that was learned; 0 and the resolution before anything was.
  double mean(std::size_t i) const { return moments_[i].mean; }
  double sd(std::size_t i) const;
  std::uint64_t learned_rows() const { return learned_rows_; }

 private:
  BankSettings settings_;
  std::vector<ForgettingMoments> moments_;
  std::vector<ForgettingMoments> unlearned_;  // of the values held since the episode began
  ScoreTail tail_;
  Judgement latest_;  // of the observation that advance() was given
  double learned_s_ = 0.0;
  std::uint64_t learned_rows_ = 0;
};

}  // namespace epsilond::models
