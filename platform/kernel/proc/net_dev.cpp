#include "platform/kernel/proc/net_dev.h"

#include <array>
#include <cstddef>
#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

constexpr const char* kFile = "net/dev";
// The columns after the colon, counted from 0: eight for what came in, then those for what went out.
enum Column : std::size_t {
  kRxBytes = 0,
  kRxPackets = 1,
  kRxErrors = 2,
  kRxDrops = 3,
  kTxBytes = 8,
  kTxPackets = 9,
  kTxErrors = 10,
  kTxDrops = 11,
  kColumns = 12
};

}  // namespace

Result<NetDev> parse_net_dev(std::string_view text, const DeviceRows& rows) {
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  NetDev sum;
  std::size_t row = 0;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    const std::string_view name = device_name(DeviceKind::kInterface, *line);
    if (name.empty() || !rows.counts(row++)) continue;
    FieldCursor fields(line->substr(line->find(':') + 1));
    std::array<std::uint64_t, kColumns> values{};
    for (std::uint64_t& value : values) {
      const std::optional<std::uint64_t> number = fields.next_unsigned();
      if (!number) return bad_value(kFile, name, *line);
      value = *number;
    }
    bool fits = add_product(sum.rx_bytes, values[kRxBytes]) && add_product(sum.rx_packets, values[kRxPackets]) &&
                add_product(sum.tx_bytes, values[kTxBytes]) && add_product(sum.tx_packets, values[kTxPackets]);
    for (const Column column : {kRxErrors, kRxDrops, kTxErrors, kTxDrops})
      fits = fits && add_product(sum.errors, values[column]);
    if (!fits) return sum_overflow(kFile);
  }
  return sum;
}

}  // namespace epsilond::platform
