#pragma once
// proc_meminfo(5): "MemTotal:       24684084 kB", where a kB is 1024 bytes.

#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct MemInfo {
  std::uint64_t total_bytes = 0;
  std::optional<std::uint64_t> available_bytes;  // since Linux 3.14
  std::optional<std::uint64_t> shared_bytes;     // Shmem, since Linux 2.6.32: tmpfs and shared memory
  std::optional<std::uint64_t> swap_total_bytes;
  std::optional<std::uint64_t> swap_free_bytes;
};

// kMalformed if MemTotal is missing, or if a line that is read here is no number of kB.
Result<MemInfo> parse_meminfo(std::string_view text);

}  // namespace epsilond::platform
