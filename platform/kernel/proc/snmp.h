#pragma once
// net/snmp: pairs of lines, first the names of the columns, then their values (RFC 1213 groups).

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct Snmp {
  std::uint64_t tcp_retransmits = 0;  // Tcp RetransSegs: segments sent again, since boot
};

// The column is found by its name. kMalformed if there is none, or its value is no number.
Result<Snmp> parse_snmp(std::string_view text);

}  // namespace epsilond::platform
