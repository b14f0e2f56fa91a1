#pragma once
// The default detector of one machine (`kind = product`): per-feature Gaussians whose log densities add up to log
// super-epsilon, and a surprise calibrated by each feature's own tail.

#include <array>
#include <cstddef>
#include <cstdint>

#include "models/anomaly_model.h"

namespace epsilond::models {

enum class BaselineKind : std::uint8_t { kGlobal, kHourOfDay, kHourOfWeek };

struct HostDetectorSettings {
  std::size_t feature_count = 0;  // 1 .. kMaxFeatures
  // Per feature, in the units of Observation::values: a wobble of this size is nothing on any healthy machine. The
  // standard deviation never falls below it, so a constant or an integer feature works.
  std::array<double, kMaxFeatures> resolution{};
  BaselineKind baseline = BaselineKind::kHourOfWeek;
  double interval_s = 1.0;   // nominal sampling interval
  double warm_up_s = 900.0;  // nothing is judged before
};

}  // namespace epsilond::models
