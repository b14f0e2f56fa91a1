// epsilond, the agent: arguments and exit codes, nothing else.

#include <cstdio>

#include "agent/exit_code.h"
#include "agent/modes.h"
#include "agent/options.h"
#include "agent/terminate.h"
#include "platform/host/standard_streams.h"

using namespace epsilond;

int main(int argc, char** argv) {
  platform::open_standard_streams();
  agent::say_when_out_of_memory("epsilond");
  const platform::Result<agent::Options> options = agent::parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "epsilond: %s; see epsilond --help\n", options.error().context.c_str());
    return agent::kExitUsage;
  }
  switch (options->mode) {
    case agent::Mode::kHelp:
      std::fputs(agent::usage_text(), stdout);
      return agent::kExitFine;
    case agent::Mode::kVersion:
      std::puts("epsilond " EPSILOND_VERSION);
      return agent::kExitFine;
    case agent::Mode::kCheckConfig:
      return agent::check_configuration(*options);
    case agent::Mode::kPrintConfig:
      return agent::show_configuration(*options);
    case agent::Mode::kOnce:
      return agent::sample_once(*options);
    case agent::Mode::kRun:
      return agent::run_agent(*options);
  }
  return agent::kExitInternal;
}
