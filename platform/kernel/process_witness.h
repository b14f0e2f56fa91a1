#pragma once
// Who wants to be told of the passes that a source makes over all processes anyway.

#include "platform/kernel/proc/pid_stat.h"

namespace epsilond::platform {

class ProcessWitness {
 public:
  // A pass: each process that it saw, then its end, or that it was broken off. It may stretch over several reads of the
  // source.
  virtual void saw(const PidStat& stat) = 0;
  virtual void end_pass() = 0;
  virtual void drop_pass() = 0;

 protected:
  ~ProcessWitness() = default;
};

}  // namespace epsilond::platform
