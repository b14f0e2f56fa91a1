#pragma once
// `epsilonctl fleet`: a small fleet without a time-series engine, from the datagrams of its agents.

#include <span>
#include <string_view>

#include "agent/control/console.h"
#include "agent/exit_code.h"
#include "agent/fleet/fleet_view.h"

namespace epsilond::agent {

// The text of `epsilonctl fleet --help`.
std::string_view fleet_help();

// `words`: what follows `fleet`.
ExitCode run_fleet(std::span<const char* const> words, Console& console);

// How --once ends: 0 all is well; 1 a host is flagged or the odd one out, or all are a little odd; 2 a host is silent,
// or fewer than `expect` report; 3 nothing was heard. The last that is true counts.
int fleet_exit_code(const FleetFacts& facts, std::size_t expect);

}  // namespace epsilond::agent
