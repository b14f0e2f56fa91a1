#include "agent/watch/usage_readings.h"

#include "agent/watch/watch_table.h"

namespace epsilond::agent {

using platform::TreeUsage;
using platform::UsageField;

std::optional<double> usage_value(std::size_t feature, const TreeUsage* previous, const TreeUsage& current,
                                  double elapsed_s) {
  const UsageField field = usage_field(feature);
  if (!current.has(field)) return std::nullopt;
  const double value = current.value(field);
  if (watch_features()[feature].kind == FeatureKind::kGauge) return value;
  if (previous == nullptr || !previous->has(field) || !(elapsed_s > 0.0)) return std::nullopt;
  const double grown = value - previous->value(field);
  if (!(grown >= 0.0)) return std::nullopt;
  return grown / elapsed_s;
}

Readings observe_usage(const TreeUsage* previous, const TreeUsage& current, double elapsed_s) {
  Readings readings;
  readings.elapsed_s = elapsed_s;
  for (std::size_t i = 0; i < watch_features().size(); ++i) {
    const std::optional<double> value = usage_value(i, previous, current, elapsed_s);
    if (!value) continue;
    readings.values[i] = *value;
    readings.present.set(i);
  }
  return readings;
}

}  // namespace epsilond::agent
