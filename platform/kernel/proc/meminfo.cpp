#include "platform/kernel/proc/meminfo.h"

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

constexpr const char* kFile = "meminfo";
constexpr std::uint64_t kBytesPerKb = 1024;

std::optional<std::uint64_t> parse_kb_as_bytes(std::string_view text) {
  FieldCursor fields(text);
  const std::optional<std::uint64_t> kb = fields.next_unsigned();
  std::uint64_t bytes = 0;
  if (!kb || fields.next() != "kB" || fields.next() || !add_product(bytes, *kb, kBytesPerKb)) return std::nullopt;
  return bytes;
}

}  // namespace

Result<MemInfo> parse_meminfo(std::string_view text) {
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  std::optional<std::uint64_t> total;
  MemInfo memory;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    const std::size_t colon = line->find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line->substr(0, colon);
    std::optional<std::uint64_t>* wanted = nullptr;
    if (key == "MemTotal") wanted = &total;
    if (key == "MemAvailable") wanted = &memory.available_bytes;
    if (key == "Shmem") wanted = &memory.shared_bytes;
    if (key == "SwapTotal") wanted = &memory.swap_total_bytes;
    if (key == "SwapFree") wanted = &memory.swap_free_bytes;
    if (wanted == nullptr) continue;
    *wanted = parse_kb_as_bytes(line->substr(colon + 1));
    if (!*wanted) return bad_value(kFile, key, *line);
  }
  if (!total) return missing_key(kFile, "MemTotal");
  memory.total_bytes = *total;
  return memory;
}

}  // namespace epsilond::platform
