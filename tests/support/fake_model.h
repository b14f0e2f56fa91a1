#pragma once
// A model that says what the test tells it to, and remembers what it was given.

#include <cstring>

#include "models/anomaly_model.h"

namespace epsilond::tests {

class FakeModel final : public models::AnomalyModel {
 public:
  explicit FakeModel(std::size_t feature_count) : feature_count_(feature_count) {}

  models::Score score(const models::Observation& observation) const override {
    last_present = observation.present;
    last_values = observation.values;
    last_local_time_s = observation.local_time_s;
    models::Score score;
    score.status = models::ScoreStatus::kScored;
    score.surprise = next_surprise;
    score.log_density = -next_surprise;
    score.features_used = observation.present.count();
    score.features_known = score.features_used + features_missing;
    for (auto* vector : {&score.mean, &score.sd, &score.z, &score.share})
      vector->setZero(static_cast<Eigen::Index>(feature_count_));
    return score;
  }
  void update(const models::Observation&) override { ++learned; }
  void observe_unlearned(const models::Observation&) override { ++held; }
  void accept_level() override { ++accepted; }
  void discard_unlearned() override { ++discarded; }
  double learning_ratio() const override { return ratio; }
  double learned_s() const override { return 1e6; }
  void reset() override { token = 0; }
  std::size_t memory_bytes() const override { return sizeof *this; }
  double operations_per_sample() const override { return 1.0; }
  std::size_t state_bytes() const override { return sizeof token; }
  void save(std::span<std::byte> out) const override { std::memcpy(out.data(), &token, sizeof token); }
  bool load(std::span<const std::byte> in) override {
    if (refuses || in.size() != sizeof token) return false;
    std::memcpy(&token, in.data(), sizeof token);
    return true;
  }

  double next_surprise = 0.0;
  double ratio = 1.0;  // of warm-up
  long token = 0;  // the learned state, for save and load
  bool refuses = false;  // a state, as if it were of another version
  std::size_t features_missing = 0;  // known, but absent
  int learned = 0;
  int held = 0;
  int accepted = 0;
  int discarded = 0;
  mutable models::PresenceMask last_present;
  mutable models::FeatureVector last_values;
  mutable double last_local_time_s = 0.0;

 private:
  std::size_t feature_count_;
};

}  // namespace epsilond::tests
