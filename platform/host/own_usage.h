#pragma once
// What this process itself takes of the host.

#include "platform/unique_fd.h"

namespace epsilond::platform {

class OwnUsage {
 public:
  // Opens what it reads later; a process that may no longer open files then can still ask.
  OwnUsage();
  // Processor time since its start in seconds; NaN where it cannot be known, as the next.
  double cpu_s() const;
  double resident_bytes() const;

 private:
  UniqueFd statm_;
};

}  // namespace epsilond::platform
