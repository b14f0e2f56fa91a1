#pragma once
// proc_pid_io(5): what one process has read from and written to storage. Readable by its owner and by root only.

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

// Both only grow. What is written counts when a page is dirtied, not when it reaches the disk.
struct PidIo {
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
};

// kMalformed if one of the two is missing or no number, or the text ends inside a line.
Result<PidIo> parse_pid_io(std::string_view text);

}  // namespace epsilond::platform
