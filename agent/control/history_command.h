#pragma once
// `epsilonctl history`: the ring buffer of the agent as csv.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The text of `epsilonctl history --help`.
std::string_view history_help();

// `words`: what follows `history`.
ExitCode run_history(std::span<const char* const> words, Console& console);

}  // namespace epsilond::agent
