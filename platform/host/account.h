#pragma once
// Accounts of the machine, from the text of /etc/passwd and /etc/group alone: a static program has no other way.

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace epsilond::platform {

inline constexpr std::size_t kMostGroups = 16;

struct Account {
  uid_t uid = 65534;  // what the kernel, and so everybody, takes for nobody
  gid_t gid = 65534;
  std::array<gid_t, kMostGroups> groups{};  // further ones
  std::size_t group_count = 0;
};

// passwd(5): the first line of that name whose numbers can be read.
std::optional<Account> find_account(std::string_view passwd, std::string_view name);

// group(5): every group that names the account as a member; more than kMostGroups are left out.
void add_groups(std::string_view group, std::string_view name, Account& account);

}  // namespace epsilond::platform
