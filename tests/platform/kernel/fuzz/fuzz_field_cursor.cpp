// The cursors against a slow and obvious version of themselves.

#include <optional>
#include <string>
#include <vector>

#include "platform/kernel/field_cursor.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::platform::FieldCursor;
using epsilond::platform::LineCursor;
using epsilond::platform::parse_integer;
using epsilond::tests::promise;
using epsilond::tests::text_of;

namespace {

std::vector<std::string> obvious_split(const std::string& text, const std::string& separators, bool keep_empty) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : text) {
    if (separators.find(c) == std::string::npos) {
      part += c;
      continue;
    }
    if (keep_empty || !part.empty()) parts.push_back(part);
    part.clear();
  }
  if (!part.empty()) parts.push_back(part);
  return parts;
}

// Digit by digit in 128 bits, which no 64-bit number of at most 20 digits exceeds.
std::optional<std::uint64_t> obvious_number(const std::string& text) {
  __extension__ using Wide = unsigned __int128;
  Wide value = 0;
  if (text.empty()) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > UINT64_MAX) return std::nullopt;
  }
  return static_cast<std::uint64_t>(value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(text_of(data, size));
  LineCursor lines(text);
  for (const std::string& line : obvious_split(text, "\n", true)) {
    promise(lines.next() == line);
    FieldCursor fields(line);
    FieldCursor numbers(line);
    for (const std::string& field : obvious_split(line, " \t\n", false)) {
      promise(fields.next() == field);
      promise(numbers.next_unsigned() == obvious_number(field));
      promise(parse_integer<std::uint64_t>(field) == obvious_number(field));
    }
    promise(!fields.next());
  }
  promise(!lines.next());
  return 0;
}
