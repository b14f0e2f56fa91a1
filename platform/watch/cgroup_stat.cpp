#include "platform/watch/cgroup_stat.h"

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {

Result<CgroupCpu> parse_cgroup_cpu(std::string_view text) {
  constexpr const char* kFile = "cpu.stat";
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  std::optional<std::uint64_t> user;
  std::optional<std::uint64_t> system;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    const std::string_view key = fields.next().value_or(std::string_view());
    if (key != "user_usec" && key != "system_usec") continue;
    const std::optional<std::uint64_t> us = fields.next_unsigned();
    if (!us) return bad_value(kFile, key, *line);
    (key == "user_usec" ? user : system) = us;
  }
  if (!user) return missing_key(kFile, "user_usec");
  if (!system) return missing_key(kFile, "system_usec");
  return CgroupCpu{*user, *system};
}

Result<CgroupIo> parse_cgroup_io(std::string_view text, CountsDevice counts, const void* context) {
  constexpr const char* kFile = "io.stat";
  constexpr std::string_view kRead = "rbytes=";
  constexpr std::string_view kWritten = "wbytes=";
  CgroupIo io;
  if (text.empty()) return io;
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    const std::optional<std::string_view> device = fields.next();
    if (!device || !counts(context, *device)) continue;
    while (const std::optional<std::string_view> field = fields.next()) {
      const bool read = field->starts_with(kRead);
      if (!read && !field->starts_with(kWritten)) continue;
      const std::optional<std::uint64_t> bytes = parse_integer<std::uint64_t>(field->substr(kRead.size()));
      if (!bytes) return bad_value(kFile, *device, *line);
      if (!add_product(read ? io.read_bytes : io.write_bytes, *bytes)) return sum_overflow(kFile);
    }
  }
  return io;
}

std::optional<std::uint64_t> parse_cgroup_number(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;
  return parse_integer<std::uint64_t>(text.substr(0, text.size() - 1));
}

}  // namespace epsilond::platform
