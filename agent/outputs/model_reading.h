#pragma once
// What a model thinks now, as the numbers that go out.

#include "agent/pipeline/watcher.h"
#include "platform/emit/reading.h"

namespace epsilond::agent {

// Only what is known: no score while the model learns or where a feature that it knows is absent, no log super-epsilon
// of a model whose score is no density, and a top feature only while a sample is strange or an episode is open. Valid
// until the watcher's next step.
platform::Reading reading_of(const Watcher& watcher);

// Does it have a top feature?
bool is_odd(const Watcher& watcher);

}  // namespace epsilond::agent
