#pragma once
// The other end of a line server: one question, one answer.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

// Sends `line` (without its end) to the socket at `path` and returns everything that comes until the server closes.
// Waits at most `patience` each time for the server to move on, and takes at most `most` bytes. Errors name the path:
// kNotFound (no socket there), kUnavailable (nobody listens, or took too long), kPermission, kInvalid (a path longer
// than a socket may have), kTooLarge, kIo.
Result<std::string> ask_line(std::string_view path, std::string_view line, std::chrono::seconds patience,
                             std::size_t most);

}  // namespace epsilond::platform
