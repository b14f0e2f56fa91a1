#pragma once
// What a tree of processes uses, as readings for a model.

#include <cstddef>
#include <optional>

#include "agent/pipeline/feature_table.h"
#include "platform/watch/tree_usage.h"

namespace epsilond::agent {

// The feature of this place in watch_features(). A rate needs `previous`, which may be null, and `elapsed_s` > 0
// between the two; nothing where the usage lacks it, on either side, or the counter went backwards.
std::optional<double> usage_value(std::size_t feature, const platform::TreeUsage* previous,
                                  const platform::TreeUsage& current, double elapsed_s);

// One row of readings in the order of watch_features(), each by usage_value().
Readings observe_usage(const platform::TreeUsage* previous, const platform::TreeUsage& current, double elapsed_s);

}  // namespace epsilond::agent
