#pragma once
// proc_vmstat(5): paging counters since boot.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct VmStat {
  std::optional<std::uint64_t> swap_in_pages;   // pswpin; absent in kernels built without swap
  std::optional<std::uint64_t> swap_out_pages;  // pswpout
  std::uint64_t page_faults = 0;                // pgfault, major ones included
  std::uint64_t major_faults = 0;               // pgmajfault
};

// kMalformed if pgfault or pgmajfault is missing or a line that is read here is no number. Lines after the last
// wanted one are not looked at.
Result<VmStat> parse_vmstat(std::string_view text);

// How many of the first bytes of `text` hold every wanted line in full, so that the rest of the file need not be
// fetched; 0: they do not. Kernels have always listed pgmajfault after the others.
std::size_t vmstat_is_enough(std::string_view text);

}  // namespace epsilond::platform
