#pragma once
// `epsilonctl explain`: the arithmetic of an episode, or of the present moment.

#include <span>
#include <string>
#include <string_view>

#include "agent/control/agent_link.h"
#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The text of `epsilonctl explain --help`.
std::string_view explain_help();

// `words`: what follows `explain`.
ExitCode run_explain(std::span<const char* const> words, Console& console);

// What `explain` prints of an episode, from the answer of the agent; `all`: every feature. Pure.
std::string episode_for_people(const AgentReply& reply, bool all);

}  // namespace epsilond::agent
