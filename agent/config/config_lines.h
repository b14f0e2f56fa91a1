#pragma once
// One configuration file as lines: what inih would silently cut, join or skip is refused here by line number, and the
// rest goes through inih. Knows nothing of which sections and keys exist.

#include <cstddef>
#include <string>
#include <string_view>

namespace epsilond::agent {

inline constexpr std::size_t kMaxConfigBytes = 256 * 1024;  // of one file
inline constexpr std::size_t kMaxLineBytes = 199;           // inih cuts at 200, the terminating NUL included

// Is told what the file says, in its order. `line` counts from 1.
class LineSink {
 public:
  virtual void on_section(unsigned line, std::string_view header) = 0;  // trimmed, without brackets, may be empty
  // `key` and `value` are trimmed and without an inline comment; `value` may be empty.
  virtual void on_key(unsigned line, std::string_view key, std::string_view value) = 0;
  // A line that cannot be read at all; `what` says why and what is allowed. `text` is the line, trimmed, where it can
  // be shown on a terminal, and empty otherwise. Line 0: the file as a whole.
  virtual void on_bad_line(unsigned line, std::string_view text, std::string_view what) = 0;

 protected:
  ~LineSink() = default;
};

// Refuses, each by its line: control characters, text that is not UTF-8, long lines, indented lines, a section header
// without its bracket or with text behind it, a line without "=". A byte order mark at the start and CR at line ends
// are allowed. A text above kMaxConfigBytes is refused whole.
void read_lines(std::string_view text, LineSink& sink);

// True if every sequence is well-formed by RFC 3629 (no surrogates, nothing overlong, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

}  // namespace epsilond::agent
