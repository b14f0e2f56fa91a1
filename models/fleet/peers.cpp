#include "models/fleet/peers.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace epsilond::models {

double median_of(std::span<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * *middle + 0.5 * *std::max_element(values.begin(), middle);
}

PeerScale peer_scale(std::span<double> values) {
  constexpr double kMadToSd = 1.4826022185056018;
  const double median = median_of(values);
  for (double& value : values) value = std::fabs(value - median);
  return {.median = median, .spread = std::max(kMadToSd * median_of(values), 1.0)};
}

}  // namespace epsilond::models
