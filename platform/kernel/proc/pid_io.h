#pragma once
// proc_pid_io(5): what one process has read and written. Readable by its owner and by root only.

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

// All only grow. What is written counts when a page is dirtied, not when it reaches the disk.
struct PidIo {
  std::uint64_t read_bytes = 0;  // from storage
  std::uint64_t written_bytes = 0;  // to storage
  std::uint64_t read_chars = 0;  // what read() and its like returned, from wherever; 0 where the kernel does not say
  std::uint64_t written_chars = 0;
};

// kMalformed if one of the first two is missing, one of the four is no number, or the text ends inside a line.
Result<PidIo> parse_pid_io(std::string_view text);

}  // namespace epsilond::platform
