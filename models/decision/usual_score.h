#pragma once
// What a model's own score usually is: the mean and the variance of the scores of what it learned. A fleet compares a
// host with these, for a density has units and no two hosts have the same: z = (sum of means - sum of scores) /
// sqrt(sum of variances).
//
// Formula: exponentially forgotten moments (baseline/running_moments.h) with the half-life of a level. Source: D. H. D.
// West, Updating mean and variance estimates: an improved method, Communications of the ACM 22(9), 1979. Golden data:
// NumPy (weighted average, in extended precision), tests/golden/make_usual_score_golden.py. Cost: about 25 operations
// per score. Bytes: 24. Hazards: neighbouring scores are not independent, so that the sum over hosts is Gaussian only
// as far as the hosts are; the moments are plain, not robust: the caller shows only scores of healthy moments.

#include <cmath>

#include "models/baseline/running_moments.h"
#include "models/learning_time.h"

namespace epsilond::models {

class UsualScore {
 public:
  // Of fewer scores the variance is not known.
  static constexpr double kLeastScores = 60.0;

  // A score that is not finite is passed over. `elapsed_s`: see counted_elapsed_s().
  void learn(double score, double elapsed_s) {
    if (std::isfinite(score)) moments_.add(score, forgotten_share(elapsed_s, kLevelHalfLifeS));
  }
  void reset() { moments_ = {}; }

  bool known() const { return moments_.count >= kLeastScores; }
  // The two mean something only once known().
  double mean() const { return moments_.mean; }
  double variance() const { return moments_.variance; }

  const ForgettingMoments& moments() const { return moments_; }
  // Returns false and changes nothing if no stream of scores leaves such moments behind.
  bool restore(const ForgettingMoments& moments) {
    if (!moments.plausible()) return false;
    moments_ = moments;
    return true;
  }

 private:
  ForgettingMoments moments_;
};

}  // namespace epsilond::models
