#include "platform/kernel/proc/snmp.h"

#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {

Result<Snmp> parse_snmp(std::string_view text) {
  constexpr const char* kFile = "net/snmp";
  constexpr std::string_view kGroup = "Tcp:";
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  LineCursor lines(text);
  while (const std::optional<std::string_view> names_line = lines.next()) {
    FieldCursor names(*names_line);
    if (names.next() != kGroup) continue;
    const std::string_view values_line = lines.next().value_or(std::string_view());
    FieldCursor values(values_line);
    if (values.next() != kGroup) return missing_key(kFile, "line of Tcp values");
    while (const std::optional<std::string_view> name = names.next()) {
      const std::optional<std::string_view> value = values.next();
      if (*name != "RetransSegs") continue;
      const std::optional<std::uint64_t> retransmits = parse_integer<std::uint64_t>(value.value_or(std::string_view()));
      if (!retransmits) return bad_value(kFile, *name, value.value_or(std::string_view()));
      return Snmp{*retransmits};
    }
  }
  return missing_key(kFile, "Tcp RetransSegs");
}

}  // namespace epsilond::platform
