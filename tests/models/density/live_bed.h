#pragma once
// A live detector on made rows, run the way the agent runs it: score, advance, learn. Not for a frame that asserts.

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "models/bank_detector.h"
#include "tests/support/rng.h"

namespace epsilond::tests {

inline models::BankSettings bank_settings(std::size_t features, double warm_up_s = 300.0, double interval_s = 1.0) {
  models::BankSettings settings;
  settings.feature_count = features;
  settings.resolution.fill(1e-3);
  settings.blame.fill(1.0);
  settings.interval_s = interval_s;
  settings.warm_up_s = warm_up_s;
  return settings;
}

template <typename Detector, typename Settings>
struct LiveBed {
  explicit LiveBed(const Settings& settings, std::uint64_t seed = 1)
      : feature_count(settings.bank.feature_count), model(settings), rng(seed) {
    observation.values = models::FeatureVector::Zero(static_cast<Eigen::Index>(feature_count));
    observation.elapsed_s = settings.bank.interval_s;
    for (std::size_t i = 0; i < feature_count; ++i) observation.present.set(i);
  }

  // All features of one machine move together (correlation 0.99 with the common cause), each in its own unit.
  void normal_row() {
    const double common = rng.normal();
    for (std::size_t i = 0; i < feature_count; ++i) set(i, common + 0.1 * rng.normal());
  }
  // Feature i to its mean plus z of its standard deviations (nearly: of the common cause).
  void set(std::size_t i, double z) {
    const double unit = std::pow(10.0, static_cast<double>(i % 5));
    observation.values[static_cast<Eigen::Index>(i)] = unit * (50.0 + z);
  }
  models::Score score() const { return model.score(observation); }
  void learn() {
    model.advance(observation);
    model.update(observation);
  }
  void learn_normal(int rows) {
    for (int row = 0; row < rows; ++row) {
      normal_row();
      learn();
    }
  }

  std::size_t feature_count;
  Detector model;
  models::Observation observation;
  Rng rng;
};

inline std::vector<std::byte> saved(const models::AnomalyModel& model) {
  std::vector<std::byte> bytes(model.state_bytes());
  model.save(bytes);
  return bytes;
}

inline bool same(const models::Score& a, const models::Score& b) {
  return a.status == b.status && a.log_density == b.log_density && a.surprise == b.surprise && a.share == b.share &&
         a.mean == b.mean && a.sd == b.sd;
}

// Saves, loads into `copy`, and compares the scores of `rows` rows that both then learn.
template <typename Bed>
bool round_trip_is_identical(Bed& original, Bed& copy, int rows) {
  if (!copy.model.load(saved(original.model)) || saved(copy.model) != saved(original.model)) return false;
  for (int row = 0; row < rows; ++row) {
    original.normal_row();
    copy.observation = original.observation;
    if (row % 7 == 0) copy.observation.present.reset(1);
    original.observation.present = copy.observation.present;
    if (!same(original.score(), copy.score())) return false;
    original.learn();
    copy.learn();
  }
  return true;
}

// Puts each of some impossible numbers at every eighth byte of the detector's own part of the state, `own` bytes at the
// end. Counts the states that were refused without a trace, and those that were accepted but give a score that is not
// finite.
struct Damage {
  int tried = 0;
  int refused = 0;
  int traces = 0;
  int not_finite = 0;
};

template <typename Bed>
Damage damage(const Bed& writer, Bed& reader, std::size_t own) {
  Damage out;
  const std::vector<std::byte> good = saved(writer.model);
  const std::vector<std::byte> before = saved(reader.model);
  const std::array<double, 4> bad{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                  -1e300, 1e300};
  for (std::size_t at = good.size() - own; at < good.size(); at += sizeof(double)) {
    for (const double value : bad) {
      std::vector<std::byte> bytes = good;
      std::memcpy(bytes.data() + at, &value, sizeof value);
      ++out.tried;
      if (!reader.model.load(bytes)) {
        ++out.refused;
        if (saved(reader.model) != before) ++out.traces;
        continue;
      }
      if (!std::isfinite(reader.score().log_density) || !std::isfinite(reader.score().surprise)) ++out.not_finite;
      if (!reader.model.load(before)) ++out.traces;
    }
  }
  return out;
}

}  // namespace epsilond::tests
