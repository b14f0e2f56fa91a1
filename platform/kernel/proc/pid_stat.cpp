#include "platform/kernel/proc/pid_stat.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

template <typename Integer>
bool take(FieldCursor& fields, Integer& value) {
  const std::optional<Integer> number = parse_integer<Integer>(fields.next().value_or(std::string_view()));
  if (!number) return false;
  value = *number;
  return true;
}

// Where the last ") " begins; npos if there is none. string_view::rfind compares strings at each of 300 places.
std::size_t end_of_name(std::string_view text) {
  for (std::size_t at = text.size(); at-- > 1;)
    if (text[at - 1] == ')' && text[at] == ' ') return at - 1;
  return std::string_view::npos;
}

}  // namespace

Result<PidStat> parse_pid_stat(std::string_view text) {
  constexpr const char* kFile = "pid stat";
  const std::size_t open = text.find(" (");
  const std::size_t close = end_of_name(text);
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2)
    return missing_key(kFile, "name in parentheses");
  PidStat stat;
  const std::optional<std::int32_t> pid = parse_integer<std::int32_t>(text.substr(0, open));
  if (!pid || *pid <= 0) return bad_value(kFile, "pid", text.substr(0, open));
  stat.pid = *pid;
  stat.comm = text.substr(open + 2, close - open - 2);

  // Numbers in brackets are those of the manual page, which counts from 1.
  FieldCursor fields(text.substr(close + 1));
  const std::string_view state = fields.next().value_or(std::string_view());
  if (state.size() != 1) return bad_value(kFile, "state", state);
  stat.state = state.front();
  std::int64_t children_user = 0;
  std::int64_t children_system = 0;
  const bool parsed = take(fields, stat.parent_pid) &&                                            // (4)
                      fields.skip_fields(9) &&                                                    // (5) to (13)
                      take(fields, stat.user_ticks) && take(fields, stat.system_ticks) &&         // (14) (15)
                      take(fields, children_user) && take(fields, children_system) &&             // (16) (17)
                      fields.skip_fields(2) &&                                                    // (18) (19)
                      take(fields, stat.threads) && fields.skip_fields(1) &&                      // (20) (21)
                      take(fields, stat.start_ticks) && take(fields, stat.virtual_bytes) &&       // (22) (23)
                      take(fields, stat.resident_pages) && !fields.rest().empty();                // (24)
  if (!parsed) return bad_value(kFile, "fields", text.substr(close + 1));
  stat.children_user_ticks = static_cast<std::uint64_t>(std::max(children_user, std::int64_t{0}));
  stat.children_ticks =
      stat.children_user_ticks + static_cast<std::uint64_t>(std::max(children_system, std::int64_t{0}));
  return stat;
}

}  // namespace epsilond::platform
