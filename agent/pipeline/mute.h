#pragma once
// Recurring windows of local time in which nothing is sent and nothing is learned.

#include <chrono>
#include <span>

#include "agent/config/config.h"
#include "agent/pipeline/watcher.h"

namespace epsilond::agent {

// That mutes now.
struct MuteWindow {
  const MuteConfig* config = nullptr;  // null: none does
  std::chrono::nanoseconds until{0};   // since the Unix epoch, unless the clocks are changed before
};

// The window in which local wall time lies; of several the one that ends last. One that runs past midnight belongs to
// the day it starts on. It points into `mutes`.
MuteWindow mute_window_at(std::span<const MuteConfig> mutes, const StepTime& time);

}  // namespace epsilond::agent
