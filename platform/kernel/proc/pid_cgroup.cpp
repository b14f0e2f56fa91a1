#include "platform/kernel/proc/pid_cgroup.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "platform/kernel/field_cursor.h"

namespace epsilond::platform {
namespace {

std::string_view unit_in(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";  // the group is gone, the process is not
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  std::string_view last;
  std::string_view unit;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part.empty() || part == "..") continue;
    last = part;
    if (part.ends_with(".service") || part.ends_with(".scope")) unit = part;
  }
  return unit.empty() ? last : unit;
}

}  // namespace

std::string_view parse_pid_cgroup(std::string_view text) {
  std::string_view of_systemd;
  std::string_view of_any;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    const std::size_t first = line->find(':');
    const std::size_t second = first == std::string_view::npos ? first : line->find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view unit = unit_in(line->substr(second + 1));
    const std::string_view controllers = line->substr(first + 1, second - first - 1);
    if (unit.empty()) continue;
    if (controllers.empty()) return unit;
    if (controllers == "name=systemd") of_systemd = unit;
    if (of_any.empty()) of_any = unit;
  }
  return of_systemd.empty() ? of_any : of_systemd;
}

}  // namespace epsilond::platform
