#pragma once
// Pressure stall information, Linux 4.20 (Documentation/accounting/psi.rst): three files of the same form.

#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct Pressure {
  std::uint64_t some_us = 0;             // time in which some task waited, since boot
  std::optional<std::uint64_t> full_us;  // time in which all waited; the cpu file has it since Linux 5.13
};

// `file` names the file in errors. kMalformed if "some" or a total is missing or is no number.
Result<Pressure> parse_pressure(const char* file, std::string_view text);

}  // namespace epsilond::platform
