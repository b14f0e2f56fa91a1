#pragma once
// `epsilonctl run`: a command under a watch until it ends.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// `words`: what follows the subcommand. The exit code is that of the command, wherever there was one.
ExitCode run_command(std::span<const char* const> words, Console& console);
std::string_view run_command_help();

}  // namespace epsilond::agent
