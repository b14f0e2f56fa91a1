#include "platform/kernel/proc/pressure.h"

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

std::optional<std::uint64_t> parse_total(FieldCursor fields) {
  constexpr std::string_view kTotal = "total=";
  while (const std::optional<std::string_view> field = fields.next())
    if (field->starts_with(kTotal)) return parse_integer<std::uint64_t>(field->substr(kTotal.size()));
  return std::nullopt;
}

}  // namespace

Result<Pressure> parse_pressure(const char* file, std::string_view text) {
  if (const Result<void> whole = require_whole_lines(file, text); !whole) return whole.error();
  std::optional<std::uint64_t> some;
  Pressure pressure;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    const std::string_view key = fields.next().value_or(std::string_view());
    if (key != "some" && key != "full") continue;
    const std::optional<std::uint64_t> total = parse_total(fields);
    if (!total) return bad_value(file, key, *line);
    (key == "some" ? some : pressure.full_us) = total;
  }
  if (!some) return missing_key(file, "some");
  pressure.some_us = *some;
  return pressure;
}

}  // namespace epsilond::platform
