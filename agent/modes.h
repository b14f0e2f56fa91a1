#pragma once
// What each mode of epsilond does, from its options to its exit code.

#include "agent/options.h"

namespace epsilond::agent {

int check_configuration(const Options& options);  // -t
int show_configuration(const Options& options);   // -T
int sample_once(const Options& options);          // --once
int run_agent(const Options& options);            // the agent itself, until it is stopped

}  // namespace epsilond::agent
