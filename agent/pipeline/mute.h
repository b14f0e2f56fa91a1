#pragma once
// Recurring windows of local time in which nothing is sent and nothing is learned.

#include <span>

#include "agent/config/config.h"
#include "agent/pipeline/watcher.h"

namespace epsilond::agent {

// True if local wall time lies in any of the windows. A window that runs past midnight belongs to the day it starts on.
bool muted_at(std::span<const MuteConfig> mutes, const StepTime& time);

}  // namespace epsilond::agent
