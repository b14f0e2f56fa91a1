#pragma once
// Rows for batch models. Not for a frame that asserts.

#include <cmath>
#include <span>

#include "models/batch_model.h"

namespace epsilond::tests {

// Not-a-number is an absent value.
inline models::Observation row_of(std::span<const double> values) {
  models::Observation row;
  row.values = models::FeatureVector::Zero(static_cast<Eigen::Index>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    row.values[static_cast<Eigen::Index>(i)] = values[i];
    row.present.set(i);
  }
  return row;
}

}  // namespace epsilond::tests
