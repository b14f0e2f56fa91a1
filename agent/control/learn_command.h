#pragma once
// `epsilonctl learn`: a state file for the agent, from a table of the past.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The text of `epsilonctl learn --help`.
std::string_view learn_help();

// `words`: what follows `learn`. The summary goes to console.out, everything else to console.err.
ExitCode run_learn(std::span<const char* const> words, Console& console);

}  // namespace epsilond::agent
