#pragma once
// Diagnostics of the agent itself (not flags): one line each on standard error, prefixed for the journal where it
// listens.

#include <cstdint>

namespace epsilond::agent {

// As in syslog: 3 error, 4 warning, 6 information.
enum class LogLevel : std::uint8_t { kError = 3, kWarning = 4, kInfo = 6 };

// printf-style; "epsilond: " and the newline are added. The text is made harmless
// (platform::Escape::kMessage) and cut at 699 bytes, never inside a character. Never waits for who reads: a line that
// cannot be written at once is lost, and the next one that can is preceded by how many were.
[[gnu::format(printf, 2, 3)]] void log_line(LogLevel level, const char* format, ...);

}  // namespace epsilond::agent
