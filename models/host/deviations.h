#pragma once
// How far the features of one row are from what is usual, in standard deviations: what the gross channel looks at.

#include <cstdint>

#include "models/feature_lanes.h"

namespace epsilond::models {

struct Deviations {
  std::uint64_t counted = 0;  // bit i: feature i is known and has a value here; the others' entries are finite, no more
  PerFeature z;               // of the value
  PerFeature level_z;         // of the usual level itself, counted from 0
  PerFeature resolution_z;    // of what is nothing; > 0
};

}  // namespace epsilond::models
