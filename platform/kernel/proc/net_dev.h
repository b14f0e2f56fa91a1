#pragma once
// net/dev (proc_pid_net(5)): one row per network interface of this process's network namespace.

#include <cstdint>
#include <string_view>

#include "platform/kernel/proc/device_rows.h"
#include "platform/result.h"

namespace epsilond::platform {

// Counters since boot of one interface, or of several added up.
struct NetDev {
  std::uint64_t rx_bytes = 0;
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t errors = 0;  // errors and drops, both directions
};

// Adds up the rows that `rows` counts; `rows` has been updated with the same text. kMalformed if the text is empty (the
// header is always there) or a counted row has too few columns or one that is no number.
Result<NetDev> parse_net_dev(std::string_view text, const DeviceRows& rows);

}  // namespace epsilond::platform
