#pragma once
// One JSON object, built key by key, for the lines that subcommands print.

#include <cstdint>
#include <string>
#include <string_view>

namespace epsilond::agent {

// Keys are ours and need no escape. The caller writes the brackets: text("{").
class JsonLine {
 public:
  // Appends to `text`, which must outlive the object and is not empty.
  explicit JsonLine(std::string& text) : text_(text) {}

  void key(std::string_view name);
  // Six significant digits; null for what is not finite.
  void number(std::string_view name, double value);
  // All digits, for a value that somebody may want to hand back to us.
  void exact(std::string_view name, double value);
  void count(std::string_view name, std::uint64_t value);
  void boolean(std::string_view name, bool value);
  void string(std::string_view name, std::string_view value);
  void text(std::string_view raw) { text_ += raw; }

 private:
  std::string& text_;
};

// RFC 3339 in UTC, rounded to the millisecond. `unix_s`: at most kLastClockSecond away from 1970.
std::string rfc3339(double unix_s);

}  // namespace epsilond::agent
