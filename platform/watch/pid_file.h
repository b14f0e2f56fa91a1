#pragma once
// The file in which a daemon leaves its number.

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

// The first line is a decimal number, blanks around it allowed; what follows is the daemon's own (PostgreSQL). kMalformed
// for anything else and for 0.
Result<std::int32_t> parse_pid_file(std::string_view text);

// kNotFound and friends where it cannot be opened; kMalformed as above, and for what is no plain file. Never waits.
Result<std::int32_t> read_pid_file(const char* path);

}  // namespace epsilond::platform
