#pragma once
// proc_stat(5): processor time by state, interrupts, context switches, forks.

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

// In USER_HZ ticks since boot, summed over all processors. States the kernel does not list count as 0.
struct CpuTicks {
  std::uint64_t user = 0;  // user + nice; guest time is inside
  std::uint64_t system = 0;
  std::uint64_t idle = 0;
  std::uint64_t iowait = 0;  // may go backwards, says the manual page
  std::uint64_t irq = 0;     // hardware + software interrupts
  std::uint64_t steal = 0;
  std::uint64_t total = 0;  // all of the above
};

struct SystemStat {
  CpuTicks cpu;
  std::uint64_t cpu_count = 0;  // online processors
  std::uint64_t interrupts = 0;
  std::uint64_t context_switches = 0;
  std::uint64_t forks = 0;    // processes and threads created
  std::uint64_t running = 0;  // runnable tasks
  std::uint64_t blocked = 0;  // tasks waiting for I/O
};

// kMalformed if one of the lines is missing or is no number. Of the interrupt line, which grows with the number of
// interrupt sources to tens of kilobytes, only the first number is looked at.
Result<SystemStat> parse_stat(std::string_view text);

}  // namespace epsilond::platform
