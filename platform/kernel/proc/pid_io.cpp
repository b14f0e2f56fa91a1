#include "platform/kernel/proc/pid_io.h"

#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {

Result<PidIo> parse_pid_io(std::string_view text) {
  constexpr const char* kFile = "pid io";
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  std::optional<std::uint64_t> read;
  std::optional<std::uint64_t> written;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    const std::string_view key = fields.next().value_or(std::string_view());
    if (key != "read_bytes:" && key != "write_bytes:") continue;
    const std::optional<std::uint64_t> bytes = fields.next_unsigned();
    if (!bytes) return bad_value(kFile, key, *line);
    (key == "read_bytes:" ? read : written) = bytes;
  }
  if (!read) return missing_key(kFile, "read_bytes");
  if (!written) return missing_key(kFile, "write_bytes");
  return PidIo{*read, *written};
}

}  // namespace epsilond::platform
