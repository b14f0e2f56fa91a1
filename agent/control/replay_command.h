#pragma once
// `epsilonctl replay`: the agent, run over a table of the past.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The text of `epsilonctl replay --help`.
std::string_view replay_help();

// `words`: what follows `replay`. Events and the summary go to console.out, everything else to console.err.
ExitCode run_replay(std::span<const char* const> words, Console& console);

}  // namespace epsilond::agent
