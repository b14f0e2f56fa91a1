#pragma once
// What one feature brought into one score: the arithmetic that an explanation shows.

#include <cstddef>
#include <cstdint>

#include "agent/pipeline/explanation.h"
#include "agent/pipeline/snapshot.h"

namespace epsilond::agent {

struct FeatureArithmetic {
  std::uint16_t row = 0;  // of the feature table
  double value = 0.0;     // natural units, as are mean and sd; NaN where it was absent
  double mean = 0.0;
  double sd = 0.0;
  double z = 0.0;            // in what the model sees, which for some features is a logarithm
  double log_density = 0.0;  // natural log of the Gaussian density there; NaN where the model has none
  double share = 0.0;        // of the strangeness, 0 .. 1
};

// The term of column `column` of the model.
FeatureArithmetic term_of(const Snapshot& snapshot, const ModelView& view, std::size_t column);

}  // namespace epsilond::agent
