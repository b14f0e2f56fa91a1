#pragma once
// `epsilonctl mute`, `unmute` and `relearn`: what an operator tells the running agent.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The texts of --help.
std::string_view mute_help();
std::string_view unmute_help();
std::string_view relearn_help();

// `words`: what follows the subcommand.
ExitCode run_mute(std::span<const char* const> words, Console& console);
ExitCode run_unmute(std::span<const char* const> words, Console& console);
ExitCode run_relearn(std::span<const char* const> words, Console& console);

}  // namespace epsilond::agent
