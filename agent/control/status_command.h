#pragma once
// `epsilonctl status` and `epsilonctl check`: what the running agent thinks now, for people and for monitoring.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The texts of --help.
std::string_view status_help();
std::string_view check_help();

// What `status` returns when no agent runs (as the LSB says of init scripts), and the states of monitoring plugins.
inline constexpr auto kExitNotRunning = static_cast<ExitCode>(3);
inline constexpr auto kPluginOk = static_cast<ExitCode>(0);
inline constexpr auto kPluginWarning = static_cast<ExitCode>(1);
inline constexpr auto kPluginCritical = static_cast<ExitCode>(2);
inline constexpr auto kPluginUnknown = static_cast<ExitCode>(3);

// `words`: what follows the subcommand.
ExitCode run_status(std::span<const char* const> words, Console& console);
ExitCode run_check(std::span<const char* const> words, Console& console);

}  // namespace epsilond::agent
