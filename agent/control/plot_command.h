#pragma once
// `epsilonctl plot`: one feature of the ring buffer as a chart in the terminal.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The text of `epsilonctl plot --help`.
std::string_view plot_help();

// `words`: what follows `plot`.
ExitCode run_plot(std::span<const char* const> words, Console& console);

}  // namespace epsilond::agent
