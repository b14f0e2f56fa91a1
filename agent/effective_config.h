#pragma once
// The configuration in force: the files, then what the command line and the machine add to them.

#include "agent/config/config_reader.h"
#include "agent/options.h"

namespace epsilond::agent {

struct EffectiveConfig {
  int exit_code = 0;    // 0, or what the program should exit with
  LoadedConfig loaded;  // only when exit_code is 0
};

// Logs every message of a configuration that cannot be used.
EffectiveConfig load_effective_config(const Options& options);

}  // namespace epsilond::agent
