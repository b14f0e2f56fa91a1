#pragma once
// Scores of any number of rows in the order of their strangeness, in fixed memory: the strangest ones exactly, of the
// others a seeded uniform sample.
//
// Source of the sample: J. S. Vitter, Random sampling with a reservoir, ACM Transactions on Mathematical Software
// 11(1), 1985, algorithm R. Every score that is not, or is no longer, among the strangest is offered to it once.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/random.h"

namespace epsilond::agent {

struct RankedScore {
  double rank = 0.0;  // from 1, the strangest; in a sample the rank to be expected
  double score = 0.0;
  bool flagged = false;
};

// Bytes: 16 per score kept.
class RankedScores {
 public:
  static constexpr std::size_t kStrangest = 5000;
  static constexpr std::size_t kSample = 5000;

  RankedScores(bool low_is_strange, std::uint64_t seed) : sign_(low_is_strange ? -1.0 : 1.0), random_(seed) {}

  // A score that is not finite is left out.
  void add(double score, bool flagged);

  // Scores added.
  std::uint64_t seen() const { return strangest_.size() + offered_; }
  // False: ranks above kStrangest are those of a sample.
  bool exact() const { return offered_ <= kSample; }
  // The strangest first.
  std::vector<RankedScore> ranked() const;

 private:
  struct Kept {
    double strangeness = 0.0;
    bool flagged = false;
  };
  static bool stranger(const Kept& a, const Kept& b) { return a.strangeness > b.strangeness; }

  void offer(const Kept& kept);

  double sign_;
  models::Random random_;
  std::vector<Kept> strangest_;  // a heap, the least strange at its front
  std::vector<Kept> sample_;
  std::uint64_t offered_ = 0;
};

}  // namespace epsilond::agent
