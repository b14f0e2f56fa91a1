#include "agent/log.h"

#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace epsilond::agent {

void log_line(LogLevel level, const char* format, ...) {
  char text[700];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  // A process name or a path in the text must not be able to forge a second line.
  const std::size_t size = std::min(static_cast<std::size_t>(length), sizeof text - 1);
  std::replace_if(
      text, text + size, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  // The journal reads <LEVEL> at the start of a line of a service's standard error.
  char prefix[8] = "";
  if (std::getenv("JOURNAL_STREAM") != nullptr)
    std::snprintf(prefix, sizeof prefix, "<%d>", static_cast<int>(level));
  std::fprintf(stderr, "%sepsilond: %.*s\n", prefix, static_cast<int>(size), text);
}

}  // namespace epsilond::agent
