#pragma once
// proc_pid_stat(5): one process, one line.

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

// A view into the parsed text: `comm` dies with it.
struct PidStat {
  std::int32_t pid = 0;
  std::string_view comm;  // may hold any byte but NUL: blanks, line feeds, parentheses, broken UTF-8
  char state = '?';       // R S D Z T t X I ...
  std::int32_t parent_pid = 0;
  std::uint64_t user_ticks = 0;    // USER_HZ
  std::uint64_t system_ticks = 0;  // USER_HZ
  std::uint64_t children_ticks = 0;  // USER_HZ; of children that have ended and were waited for, user and system
  std::uint64_t children_user_ticks = 0;  // of these, user
  std::uint32_t threads = 0;       // those of a dead leader are counted until they end
  std::uint64_t start_ticks = 0;   // USER_HZ after boot
  std::uint64_t virtual_bytes = 0;
  std::int64_t resident_pages = 0;
};

// kMalformed if the name's parentheses or one of the fields above is missing, no number, or does not fit. The name ends
// at the last ')'. The line may be cut after the resident pages, but not inside them.
Result<PidStat> parse_pid_stat(std::string_view text);

}  // namespace epsilond::platform
