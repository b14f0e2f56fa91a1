// The account of a name from any text as passwd(5), and its groups from any as group(5): what is found stands there.
//
// The input: the name, passwd and group, with a byte 1 between them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/host/account.h"
#include "tests/support/fuzz_source.h"

using epsilond::platform::Account;
using epsilond::platform::kMostGroups;
using epsilond::tests::require_promise;

namespace {

std::string_view take_part(std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find('\x01'));
  rest.remove_prefix(part.size() < rest.size() ? part.size() + 1 : part.size());
  return part;
}

bool holds(std::string_view text, std::uint64_t number) {
  return text.find(std::to_string(number)) != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view name = take_part(rest);
  const std::string_view passwd = take_part(rest);
  const std::string_view group = take_part(rest);
  const std::optional<Account> account = epsilond::platform::find_account(passwd, name);
  if (account) {
    require_promise(!name.empty() && account->group_count == 0);
    // The kernel takes the last number for "leave it as it is".
    require_promise(account->uid != UINT32_MAX && account->gid != UINT32_MAX);
    require_promise(holds(passwd, account->uid) && holds(passwd, account->gid));
    const std::string line = std::string(name) + ":";
    require_promise(passwd.starts_with(line) || passwd.find("\n" + line) != std::string_view::npos);
  }
  Account member = account.value_or(Account());
  epsilond::platform::add_groups(group, name, member);
  require_promise(member.group_count <= kMostGroups);
  for (std::size_t i = 0; i < member.group_count; ++i)
    require_promise(member.groups[i] != UINT32_MAX && holds(group, member.groups[i]));
  return 0;
}
