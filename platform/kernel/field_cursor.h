#pragma once
// Walks the lines of a text and the fields of a line. No locale, no allocation; views point into the caller's text.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace epsilond::platform {

// The whole of `text` as a decimal integer. Absent if it is empty, has a sign an unsigned type cannot hold, a leading
// '+', any other character, or does not fit.
template <std::integral Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  Integer value = 0;
  const std::from_chars_result result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// The whole of `text` as a plain decimal ("0.21", "-3"): no exponent, no hexadecimal, never infinite or NaN.
std::optional<double> parse_decimal(std::string_view text);

// Hands out the lines of a text without their line feeds. A last line without one is handed out too.
class LineCursor {
 public:
  explicit LineCursor(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

// Hands out the fields of one line: runs of anything but blanks, tabs and line feeds.
class FieldCursor {
 public:
  explicit FieldCursor(std::string_view line) : rest_(line) {}

  // Absent at the end of the line.
  std::optional<std::string_view> next();
  // The next field as a number. Absent at the end and for a field that is no such number; the field is consumed.
  std::optional<std::uint64_t> next_unsigned();
  std::optional<double> next_decimal();
  // False if the line has fewer than `count` fields left; those are consumed.
  bool skip_fields(std::size_t count);
  // What has not been handed out yet, blanks included.
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace epsilond::platform
