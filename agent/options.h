#pragma once
// The command line of epsilond.

#include <cstdint>
#include <optional>
#include <string>

#include "platform/result.h"

namespace epsilond::agent {

enum class Mode : std::uint8_t { kRun, kCheckConfig, kPrintConfig, kOnce, kVersion, kHelp };

struct Options {
  Mode mode = Mode::kRun;
  std::optional<std::string> config_path;  // -c
  std::string root;                        // --root; empty: this host
  std::optional<std::string> state_path;   // --state; an empty value means none
  std::uint64_t ticks = 0;                 // --ticks; 0: until stopped
  bool live = false;                       // --live
};

// Fails with kInvalid and a sentence for the user.
platform::Result<Options> parse_options(int argc, char** argv);
const char* usage_text();

}  // namespace epsilond::agent
