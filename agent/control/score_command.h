#pragma once
// `epsilonctl score`: fit a model to a table and score every row of it.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The text of `epsilonctl score --help`.
std::string_view score_help();

// `words`: what follows `score`. Events and the summary go to console.out, everything else to console.err.
ExitCode run_score(std::span<const char* const> words, Console& console);

}  // namespace epsilond::agent
