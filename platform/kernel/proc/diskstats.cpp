#include "platform/kernel/proc/diskstats.h"

#include <array>
#include <cstddef>
#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

constexpr const char* kFile = "diskstats";
constexpr std::uint64_t kBytesPerSector = 512;
// The columns after the name, counted from 0; kernels since 4.18 append more.
enum Column : std::size_t { kReads = 0, kReadSectors = 2, kWrites = 4, kWriteSectors = 6, kBusyMs = 9, kColumns = 10 };

}  // namespace

Result<DiskStats> parse_diskstats(std::string_view text, const DeviceRows& rows) {
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  DiskStats sum;
  std::size_t row = 0;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    const std::string_view name = device_name(DeviceKind::kDisk, *line);
    if (name.empty() || !rows.counts(row++)) continue;
    FieldCursor fields(*line);
    fields.skip_fields(3);
    std::array<std::uint64_t, kColumns> values{};
    for (std::uint64_t& value : values) {
      const std::optional<std::uint64_t> number = fields.next_unsigned();
      if (!number) return bad_value(kFile, name, *line);
      value = *number;
    }
    if (!add_product(sum.read_bytes, values[kReadSectors], kBytesPerSector) ||
        !add_product(sum.write_bytes, values[kWriteSectors], kBytesPerSector) ||
        !add_product(sum.operations, values[kReads]) || !add_product(sum.operations, values[kWrites]) ||
        !add_product(sum.busy_ms, values[kBusyMs]))
      return sum_overflow(kFile);
  }
  return sum;
}

}  // namespace epsilond::platform
