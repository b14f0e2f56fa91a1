#pragma once
// Who grew: the processes that took more of something since the look before. Names and numbers, never a command line.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/fixed_string.h"

namespace epsilond::platform {

enum class GrowthKind : std::uint8_t {
  kNone,
  kCpu,          // seconds of processor time, that of children that have ended included
  kMemory,       // bytes of resident memory
  kReads,        // bytes read from storage
  kWrites,       // bytes written to storage
  kStorage,      // either, whichever grew more
  kThreads,
  kDescriptors,  // open files and sockets
  kChildren,     // new children that are still there
  kZombies,      // children that have ended since and are not waited for
  kAllZombies,   // the same whenever they ended: one is odd only once it has stayed
  kBlocked,      // it is in uninterruptible sleep (state D)
};

struct GrownProcess {
  FixedString<16> comm;
  std::int32_t pid = 0;
  std::uint32_t uid = 0;   // effective
  FixedString<64> unit;    // the systemd unit or control group; empty where there is none
  std::string_view what;   // static text: "cpu_seconds", "rss_bytes", "read_bytes", "write_bytes", "threads", ...
  double delta = 0.0;      // by how much it grew, in the unit that `what` ends with
};

class ProcessGrowth {
 public:
  // One bounded look at all processes; false if there is nothing yet to compare it with.
  virtual bool look() = 0;
  // Of the last look, before the source is read again: who grew most beyond what it usually does, the most first, by
  // `at_least` (in the unit of `kind`) and by what is worth naming at all. Those below a quarter of the first are left
  // out. Returns how many.
  virtual std::size_t find(GrowthKind kind, double at_least, std::span<GrownProcess> out) = 0;

 protected:
  ~ProcessGrowth() = default;
};

}  // namespace epsilond::platform
