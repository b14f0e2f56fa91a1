#pragma once
// Gives up what root has. Nothing here can be undone, and nothing here waits.

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>

#include "platform/host/account.h"
#include "platform/host/file_access.h"
#include "platform/result.h"

namespace epsilond::platform {

bool is_root();

// As root: gives the directory of `file` to the account, with `file` and FILE.open in it, and makes it, with mode 0750,
// if it is missing. Only a directory that is called `name`, that belongs to `from` and that nobody else writes: one of
// another name may not be ours to give away, and in one that others write a link may lie in wait. Says nothing; what is
// missing then, can_become() finds.
void hand_over(const std::string& file, std::string_view name, uid_t from, const Account& to);

// As root: could it live as this account, with these paths? The error says why not. What is read and is not there is no
// reason. Afterwards the further groups are those of the account.
Result<void> can_become(const Account& account, std::span<const FilePath> paths);

struct Privileges {
  bool changed_account = false;  // it was asked for, and done
  bool without_capabilities = false;
  bool kept_tracing = false;  // but CAP_SYS_PTRACE
  bool without_new = false;   // no_new_privs
};

// For good: becomes the account (null: stays who it is), gives up the capabilities of every set, and the right to gain
// any by another program. CAP_SYS_PTRACE is kept where it was given deliberately, as an ambient one. What the system
// refuses is left as it is.
Privileges give_up_privileges(const Account* account);

}  // namespace epsilond::platform
