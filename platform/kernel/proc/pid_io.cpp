#include "platform/kernel/proc/pid_io.h"

#include <array>
#include <cstddef>
#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {

Result<PidIo> parse_pid_io(std::string_view text) {
  constexpr const char* kFile = "pid io";
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  constexpr std::array<std::string_view, 4> kKeys = {"read_bytes:", "write_bytes:", "rchar:", "wchar:"};
  std::array<std::optional<std::uint64_t>, kKeys.size()> found;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    const std::string_view key = fields.next().value_or(std::string_view());
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      if (key != kKeys[i]) continue;
      found[i] = fields.next_unsigned();
      if (!found[i]) return bad_value(kFile, key, *line);
    }
  }
  if (!found[0]) return missing_key(kFile, "read_bytes");
  if (!found[1]) return missing_key(kFile, "write_bytes");
  return PidIo{*found[0], *found[1], found[2].value_or(0), found[3].value_or(0)};
}

}  // namespace epsilond::platform
