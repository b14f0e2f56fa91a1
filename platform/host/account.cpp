#include "platform/host/account.h"

#include <charconv>
#include <cstdint>

namespace epsilond::platform {
namespace {

// The text up to `end`, which is taken off `rest` with it.
std::string_view take(std::string_view& rest, char end) {
  const std::string_view field = rest.substr(0, rest.find(end));
  rest.remove_prefix(field.size() < rest.size() ? field.size() + 1 : field.size());
  return field;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const std::from_chars_result result = std::from_chars(text.data(), text.data() + text.size(), value);
  // The last one means "no change" to the calls that take it.
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || value == UINT32_MAX) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Account> find_account(std::string_view passwd, std::string_view name) {
  while (!passwd.empty()) {
    std::string_view line = take(passwd, '\n');
    if (take(line, ':') != name || name.empty()) continue;
    take(line, ':');  // the password
    const std::optional<std::uint32_t> uid = number(take(line, ':'));
    const std::optional<std::uint32_t> gid = number(take(line, ':'));
    if (!uid || !gid) continue;
    Account account;
    account.uid = *uid;
    account.gid = *gid;
    return account;
  }
  return std::nullopt;
}

void add_groups(std::string_view group, std::string_view name, Account& account) {
  while (!group.empty() && account.group_count < kMostGroups) {
    std::string_view line = take(group, '\n');
    take(line, ':');  // its name
    take(line, ':');  // the password
    const std::optional<std::uint32_t> gid = number(take(line, ':'));
    while (gid && !line.empty()) {
      if (take(line, ',') != name) continue;
      account.groups[account.group_count++] = *gid;
      break;
    }
  }
}

}  // namespace epsilond::platform
