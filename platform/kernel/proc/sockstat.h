#pragma once
// net/sockstat and net/sockstat6: "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 229".

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct SockStat {
  std::uint64_t tcp_in_use = 0;  // sockets of this address family, listening ones included, TIME_WAIT not
};

// kMalformed if the line or its "inuse" is missing or is no number.
Result<SockStat> parse_sockstat(std::string_view text);   // the line "TCP:"
Result<SockStat> parse_sockstat6(std::string_view text);  // the line "TCP6:"

}  // namespace epsilond::platform
