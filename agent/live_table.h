#pragma once
// One readable line per sample, for a person at a terminal.

#include <cstdio>

#include "agent/pipeline/pipeline.h"

namespace epsilond::agent {

class LiveTable {
 public:
  // Colour only when `out` is a terminal and NO_COLOR is not set.
  explicit LiveTable(std::FILE* out);

  // Prints the header now and then, the newest step of the first model, and the flags sent since the last call.
  void print(const Pipeline& pipeline, const StepTime& time);
  // The next pipeline counts its flags from zero.
  void reset() { flags_seen_ = 0; }

 private:
  std::FILE* out_;
  bool colour_;
  std::uint64_t lines_ = 0;
  std::uint64_t flags_seen_ = 0;
};

}  // namespace epsilond::agent
