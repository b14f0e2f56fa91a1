#include "platform/kernel/proc/smaps_rollup.h"

#include <limits>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

constexpr std::uint64_t kKiB = 1024;

std::optional<std::uint64_t> next_kib(FieldCursor& fields) {
  const std::optional<std::uint64_t> kib = fields.next_unsigned();
  if (!kib || *kib > std::numeric_limits<std::uint64_t>::max() / kKiB || fields.next() != std::string_view("kB"))
    return std::nullopt;
  return *kib * kKiB;
}

}  // namespace

Result<SmapsRollup> parse_smaps_rollup(std::string_view text) {
  constexpr const char* kFile = "smaps_rollup";
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  SmapsRollup memory;
  bool has_pss = false;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    const std::string_view key = fields.next().value_or(std::string_view());
    const bool pss = key == "Pss:";
    if (!pss && key != "Swap:") continue;
    const std::optional<std::uint64_t> bytes = next_kib(fields);
    if (!bytes) return bad_value(kFile, key, *line);
    (pss ? memory.pss_bytes : memory.swap_bytes) = *bytes;
    has_pss = has_pss || pss;
  }
  if (!has_pss) return missing_key(kFile, "Pss");
  return memory;
}

std::optional<std::uint64_t> parse_status_swap_bytes(std::string_view text) {
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    if (fields.next() == std::string_view("VmSwap:")) return next_kib(fields);
  }
  return std::nullopt;
}

}  // namespace epsilond::platform
