#pragma once
// Is a feature off by little, but for a while: one zombie that stays, a service gone quiet? The average of its z over
// one length of time, judged by how far that average itself strays on this machine.
//
// Formula: E <- E + a (clamp(z, 30) - E), a = 1 - exp(-interval / length). What was odd must not echo when it is over:
// once an average of z with a half-life of two rows is less than half of E, E begins anew at 0. Upwards and downwards
// are judged apart, for a load that is never 0 for long may well be threefold: each side has its own second moment,
// from what was learned on that side, and its own tail (decision/tail.h), which counts the other side as 0. Downwards
// what falls towards 0 counts by its logarithm: with L the usual level in sd, where that is 0.7 or more, E < 0 stands
// for L ln(1 + E / L), 1 + E / L at least f / L. The sd of a side is max(root of second moment (1 + 24 / (2 n r + 1)),
// f), r what a sample is worth in independent ones: f = 0.7 resolution sqrt(a / (2 - a)) is what white noise of the size
// of the resolution would leave of itself. One row in a quarter of the length is learned, and that one only after eight
// more, so that what leads up to an episode is not learned as usual before it is one. Being the second and third look at
// the same feature it must be three times as rare: log10(3) is taken from the surprise.
// Source: own work; its numbers: docs/models.md, section 9. Cost: about 12 operations per feature and row, to learn
// about 40, a quarter of the length apart. Bytes: 1 KB per feature.
// Hazards: silent until it has learned 30 times; a feature that slides (neighbours alike) gains nothing by averaging
// and is the caller's to leave out.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/decision/tail.h"
#include "models/feature_lanes.h"
#include "models/host/deviations.h"

namespace epsilond::models {

class LastingDeviation {
 public:
  // Wants length_s / interval_s >= 4.
  LastingDeviation(std::size_t feature_count, double interval_s, double length_s);

  // Of the features in `looked_at` that are odd with this row, kOddFrom or more: raises `surprise` where it is less or
  // not in `odd`, and adds them to `odd`.
  void judge(const Deviations& row, std::uint64_t looked_at, std::uint64_t& odd, PerFeature& surprise) const;

  // Moves on to a row, learned or not.
  void advance(const Deviations& row);
  // Learns the row that advance() moved on to. `independence`: what a sample of each feature is worth in independent
  // ones, in the long run; `forgotten`: share that a row's time takes from what is remembered.
  void learn(const Deviations& row, std::span<const double> independence, double forgotten);
  void begin_anew(std::size_t feature);
  // Silent of it until it was learned on either side.
  void forget(std::size_t feature);
  void reset();

  std::size_t memory_bytes() const;
  static std::size_t state_bytes(std::size_t feature_count);
  void save(std::span<std::byte>& out) const;
  // Returns false if `in` is no such state; `in` is moved behind it either way. Then reset() it.
  bool load(std::span<const std::byte>& in);

 private:
  static constexpr std::size_t kWaiting = 8;
  // What is known of deviations upwards, or of those downwards.
  struct Side {
    std::vector<double> count;     // learned on this side
    std::vector<double> variance;  // second moment
    PerFeature scale{};            // 1 / sd
    std::vector<ParetoTail> tails;
  };

  void learn_one(std::size_t feature, double deviation, double floor, double independence, double forgotten);

  std::size_t feature_count_;
  double gain_;
  double allowance_;      // of a feature at its resolution
  double learned_every_;  // rows
  double row_ = 0.0;      // counts up to learned_every_
  double learned_ = 0.0;  // times
  std::size_t waiting_ = 0;
  PerFeature mean_{};
  PerFeature of_late_{};
  std::array<Side, 2> sides_;                        // down, up
  std::array<std::vector<double>, kWaiting> queue_;  // deviations to be learned, the oldest first
};

}  // namespace epsilond::models
