#pragma once
// `epsilonctl doctor`: what the agent can see and do on this machine, what not and why, and what it costs.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The text of --help.
std::string_view doctor_help();

// What it returns when something is wrong.
inline constexpr auto kExitSick = static_cast<ExitCode>(1);

// `words`: what follows the subcommand.
ExitCode run_doctor(std::span<const char* const> words, Console& console);

}  // namespace epsilond::agent
