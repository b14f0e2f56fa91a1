#pragma once
// proc_diskstats(5) (Documentation/admin-guide/iostats.rst): one row per block device.

#include <cstdint>
#include <string_view>

#include "platform/kernel/proc/device_rows.h"
#include "platform/result.h"

namespace epsilond::platform {

// Counters since boot of one device, or of several added up.
struct DiskStats {
  std::uint64_t read_bytes = 0;  // from sectors of 512 bytes, whatever the device's own are
  std::uint64_t write_bytes = 0;
  std::uint64_t operations = 0;  // reads and writes completed
  std::uint64_t busy_ms = 0;     // time with at least one request under way
};

// Adds up the rows that `rows` counts; `rows` has been updated with the same text. kMalformed if the
// text is empty or a counted row has too few columns or one that is no number.
Result<DiskStats> parse_diskstats(std::string_view text, const DeviceRows& rows);

}  // namespace epsilond::platform
