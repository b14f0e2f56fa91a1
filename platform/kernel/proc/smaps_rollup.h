#pragma once
// proc_pid_smaps(5), smaps_rollup: the memory of one process as its page tables tell it. Since Linux 4.14; readable by its
// owner and by root only.

#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct SmapsRollup {
  std::uint64_t pss_bytes = 0;
  std::uint64_t swap_bytes = 0;  // 0 where the kernel does not say
};

// kMalformed if Pss is missing, a value is no number or would not fit as bytes, or the text ends inside a line.
Result<SmapsRollup> parse_smaps_rollup(std::string_view text);

// VmSwap of proc_pid_status(5), which everybody may read. Nothing where it is missing (kernel threads, zombies, a kernel
// without swap) or no number. The text may be cut anywhere.
std::optional<std::uint64_t> parse_status_swap_bytes(std::string_view text);

}  // namespace epsilond::platform
