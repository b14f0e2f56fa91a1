#pragma once
// What a model says of one observation, before it has learned it.

#include <cstddef>
#include <cstdint>

#include "models/observation.h"

namespace epsilond::models {

enum class ScoreStatus : std::uint8_t {
  kLearning,   // warm-up is not over: the numbers are shown, never judged
  kScored,     // every number is valid
  kNonFinite,  // a present value was NaN or infinite: nothing may be judged, and that value is not learned
};

struct Score {
  ScoreStatus status = ScoreStatus::kLearning;
  // Natural log of super-epsilon: of the joint density of the present features. A model without a density puts its own
  // score here (AnomalyModel::low_is_strange() tells them apart).
  double log_density = 0.0;
  double surprise = 0.0;          // -log10 of the calibrated tail probability of one sample; >= 0, 0 while learning
  // By how many decades the machine has grown used to such rows: what the budget adds to its cut, for a machine that
  // has just had an incident is expected to have the next. Negative, to -2, where such rows are rarer of late.
  double habituation = 0.0;
  // The surprise that is routine at this hour: the cut is no lower; 0 where nothing is.
  double routine = 0.0;
  std::size_t features_used = 0;  // present features that entered log_density
  std::size_t features_known = 0;  // features that have been learned long enough to enter it when they are present
  std::uint64_t sample_count = 0; // observations learned so far
  // Per feature, in the order and units of Observation::values; entries of absent features are 0.
  FeatureVector mean;   // expected value at this hour
  FeatureVector sd;     // expected standard deviation at this hour, after the variance floor; > 0
  FeatureVector z;      // (value - mean) / sd
  FeatureVector share;  // part of the strangeness that is this feature's; in [0, 1], adds up to 1, or all 0 if nothing is odd
};

}  // namespace epsilond::models
