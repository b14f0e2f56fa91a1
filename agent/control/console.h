#pragma once
// Where a subcommand writes: only the programs' own main files know that this is stdout and stderr.

#include "platform/file/output_file.h"

namespace epsilond::agent {

struct Console {
  platform::OutputFile& out;
  platform::OutputFile& err;
  bool err_is_terminal = false;
  bool out_is_terminal = false;
};

}  // namespace epsilond::agent
