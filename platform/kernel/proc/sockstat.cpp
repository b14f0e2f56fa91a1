#include "platform/kernel/proc/sockstat.h"

#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

Result<SockStat> parse_line_of(const char* file, std::string_view key, std::string_view text) {
  if (const Result<void> whole = require_whole_lines(file, text); !whole) return whole.error();
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    if (fields.next() != key) continue;
    while (const std::optional<std::string_view> name = fields.next()) {
      const std::optional<std::uint64_t> value = fields.next_unsigned();
      if (!value) break;
      if (*name == "inuse") return SockStat{*value};
    }
    return bad_value(file, "inuse", *line);
  }
  return missing_key(file, key);
}

}  // namespace

Result<SockStat> parse_sockstat(std::string_view text) { return parse_line_of("net/sockstat", "TCP:", text); }
Result<SockStat> parse_sockstat6(std::string_view text) { return parse_line_of("net/sockstat6", "TCP6:", text); }

}  // namespace epsilond::platform
