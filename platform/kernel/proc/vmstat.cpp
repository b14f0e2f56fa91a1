#include "platform/kernel/proc/vmstat.h"

#include <cstddef>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {

Result<VmStat> parse_vmstat(std::string_view text) {
  constexpr const char* kFile = "vmstat";
  if (const Result<void> whole = require_whole_lines(kFile, text.substr(0, text.rfind('\n') + 1)); !whole)
    return whole.error();
  VmStat stat;
  std::optional<std::uint64_t> faults;
  std::optional<std::uint64_t> major_faults;
  LineCursor lines(text.substr(0, text.rfind('\n') + 1));
  while (const std::optional<std::string_view> line = lines.next()) {
    if (line->empty() || line->front() != 'p') continue;
    FieldCursor fields(*line);
    const std::string_view key = fields.next().value_or(std::string_view());
    std::optional<std::uint64_t>* wanted = nullptr;
    if (key == "pswpin") wanted = &stat.swap_in_pages;
    if (key == "pswpout") wanted = &stat.swap_out_pages;
    if (key == "pgfault") wanted = &faults;
    if (key == "pgmajfault") wanted = &major_faults;
    if (wanted == nullptr) continue;
    *wanted = fields.next_unsigned();
    if (!*wanted) return bad_value(kFile, key, *line);
    if (stat.swap_in_pages && stat.swap_out_pages && faults && major_faults) break;
  }
  if (!faults) return missing_key(kFile, "pgfault");
  if (!major_faults) return missing_key(kFile, "pgmajfault");
  stat.page_faults = *faults;
  stat.major_faults = *major_faults;
  return stat;
}

std::size_t vmstat_is_enough(std::string_view text) {
  const std::size_t key = text.find("\npgmajfault ");
  if (key == std::string_view::npos) return 0;
  return text.find('\n', key + 1) + 1;  // 0 where there is none
}

}  // namespace epsilond::platform
