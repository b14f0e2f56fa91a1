#include "agent/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "platform/emit/escape.h"
#include "platform/emit/line_output.h"
#include "platform/emit/text_writer.h"
#include "platform/fixed_string.h"

namespace epsilond::agent {
namespace {

constexpr std::size_t kLongestText = 700;
constexpr std::size_t kLongestLine = 3 * kLongestText + 32;  // U+FFFD in place of each byte
static_assert(kLongestLine <= platform::kMaxOutputLine);

// The agent has one thread: a write that waits for who reads its log would be the end of the ticks.
constinit platform::LineOutput output(STDERR_FILENO);
constinit std::uint64_t lost_lines = 0;

// False if the reader is behind or gone.
bool write_line(LogLevel level, std::string_view text) {
  std::array<char, kLongestLine> line;
  platform::TextWriter out({line.data(), line.size() - 1});
  // The journal reads <LEVEL> at the start of a line of a service's standard error.
  if (std::getenv("JOURNAL_STREAM") != nullptr) {
    out.put('<');
    out.put(static_cast<char>('0' + static_cast<int>(level)));
    out.put('>');
  }
  out.put("epsilond: ");
  // What a process, a file or a device is called must not be able to forge a second line, nor to rule a terminal.
  platform::put_escaped(out, text, platform::Escape::kMessage);
  line[out.size()] = '\n';
  return static_cast<bool>(output.write({line.data(), out.size() + 1}));
}

bool tell_what_was_lost() {
  if (lost_lines == 0) return true;
  std::array<char, 80> text;
  std::snprintf(text.data(), text.size(), "%llu lines before this one could not be written",
                static_cast<unsigned long long>(lost_lines));
  if (!write_line(LogLevel::kWarning, text.data())) return false;
  lost_lines = 0;
  return true;
}

}  // namespace

void log_line(LogLevel level, const char* format, ...) {
  char text[kLongestText];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  std::string_view whole(text, std::min(static_cast<std::size_t>(length), sizeof text - 1));
  if (static_cast<std::size_t>(length) > whole.size()) whole = platform::utf8_prefix(whole, whole.size() - 1);
  if (!tell_what_was_lost() || !write_line(level, whole)) ++lost_lines;
}

}  // namespace epsilond::agent
