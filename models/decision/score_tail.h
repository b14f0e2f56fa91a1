#pragma once
// How rare is a score of a stream at least this large, whatever its unit? Learns as it goes and forgets slowly.
//
// Formula: the score is standardised by its own running mean and standard deviation (forgotten as the tail is), x =
// (score - mean) / sd, and 2^(0.4 x) is given to a ParetoTail: a Pareto tail of 2^(a x) is an exponential tail of x,
// and its prior of 0.2 octaves is one of 0.5 sd, between a Gaussian's 0.4 and an exponential's 1. Source: ParetoTail
// (Hill 1975).
// Cost: an exponential, a logarithm and about 20 operations per call. Bytes: 460. Hazards: the scale of a young tail
// moves, and what was binned under the old one stays where it is; until kFewestScores scores were seen, the surprise is
// 0.

#include <cstddef>
#include <span>

#include "models/baseline/running_moments.h"
#include "models/decision/tail.h"

namespace epsilond::models {

class ScoreTail {
 public:
  static constexpr double kFewestScores = 30.0;

  // `capacity`: as ParetoTail.
  explicit ScoreTail(double capacity);

  void learn(double score);  // NaN and infinities are ignored
  // -log10 of the tail probability; >= 0, finite, never decreasing in `score`; 0 for NaN.
  double surprise(double score) const;
  double count() const { return moments_.count; }
  void reset();

  static constexpr std::size_t kStateBytes = sizeof(ForgettingMoments) + ParetoTail::kBins * sizeof(float);
  void save(std::span<std::byte, kStateBytes> out) const;
  // Returns false and changes nothing if `in` is no such state.
  bool load(std::span<const std::byte, kStateBytes> in);

 private:
  double scaled(double score) const;

  double capacity_;
  ForgettingMoments moments_;
  ParetoTail tail_;
};

}  // namespace epsilond::models
