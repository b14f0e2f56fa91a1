#include "platform/kernel/proc/file_nr.h"

#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {

Result<FileNr> parse_file_nr(std::string_view text) {
  constexpr const char* kFile = "sys/fs/file-nr";
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  const std::optional<std::uint64_t> allocated = FieldCursor(text).next_unsigned();
  if (!allocated) return bad_value(kFile, "allocated", text);
  return FileNr{*allocated};
}

}  // namespace epsilond::platform
