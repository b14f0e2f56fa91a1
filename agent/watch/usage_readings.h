#pragma once
// What a tree of processes uses, as readings for a model.

#include "agent/pipeline/feature_table.h"
#include "platform/watch/tree_usage.h"

namespace epsilond::agent {

// One row of readings in the order of watch_features(). Rates need `previous`, which may be null, and `elapsed_s` > 0
// between the two; a counter that is missing on either side, or went backwards, makes its feature absent.
Readings observe_usage(const platform::TreeUsage* previous, const platform::TreeUsage& current, double elapsed_s);

}  // namespace epsilond::agent
