#pragma once
// What the agent knows of itself when numbers are to go out.

#include <cstdint>
#include <span>

#include "agent/pipeline/pipeline.h"
#include "platform/host/own_usage.h"
#include "platform/kernel/host_source.h"

namespace epsilond::agent {

struct AgentFacts {
  const Pipeline& pipeline;
  std::span<const platform::SourcePart> sources;
  std::uint64_t ticks_missed = 0;
  std::uint64_t datagrams_dropped = 0;        // of events and of readings
  const platform::OwnUsage* usage = nullptr;  // null: not known
  bool reload_worked = true;                  // the last one, or there was none
};

}  // namespace epsilond::agent
