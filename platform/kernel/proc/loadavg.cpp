#include "platform/kernel/proc/loadavg.h"

#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {

Result<LoadAvg> parse_loadavg(std::string_view text) {
  constexpr const char* kFile = "loadavg";
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  LoadAvg loads;
  FieldCursor fields(text);
  for (double* const load : {&loads.load_1min, &loads.load_5min, &loads.load_15min}) {
    const std::optional<double> value = fields.next_decimal();
    if (!value || *value < 0.0) return bad_value(kFile, "load", text);
    *load = *value;
  }
  const std::string_view tasks = fields.next().value_or(std::string_view());
  const std::size_t slash = tasks.find('/');
  const std::optional<std::uint64_t> total =
      slash == std::string_view::npos ? std::nullopt : parse_integer<std::uint64_t>(tasks.substr(slash + 1));
  if (!total) return bad_value(kFile, "tasks", text);
  loads.total_tasks = *total;
  return loads;
}

}  // namespace epsilond::platform
