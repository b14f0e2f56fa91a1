#include "platform/host/privileges.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "platform/unique_fd.h"

namespace epsilond::platform {
namespace {

constexpr auto kSame = static_cast<uid_t>(-1);

// By their numbers, since the functions of a libc are for many threads; 32-bit arm has old ones for 16-bit accounts.
#ifdef SYS_setresuid32
constexpr long kSetUser = SYS_setresuid32;
constexpr long kSetGroup = SYS_setresgid32;
constexpr long kSetGroups = SYS_setgroups32;
constexpr long kChangeOwner = SYS_fchown32;
#else
constexpr long kSetUser = SYS_setresuid;
constexpr long kSetGroup = SYS_setresgid;
constexpr long kSetGroups = SYS_setgroups;
constexpr long kChangeOwner = SYS_fchown;
#endif

bool set(long call, std::uint32_t real, std::uint32_t effective, std::uint32_t saved) {
  return ::syscall(call, real, effective, saved) == 0;
}

bool take_groups(const Account& account) {
  return ::syscall(kSetGroups, account.group_count, account.groups.data()) == 0;
}

bool empty_capabilities(bool keep_tracing) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (keep_tracing) sets[0].effective = sets[0].permitted = 1U << CAP_SYS_PTRACE;
  if (::syscall(SYS_capset, &header, sets) == 0) return true;
  // The filter of a service manager may refuse to change what it has emptied itself.
  if (::syscall(SYS_capget, &header, sets) != 0) return false;
  if (keep_tracing) sets[0].permitted &= ~(1U << CAP_SYS_PTRACE);
  return (sets[0].permitted | sets[1].permitted) == 0;
}

}  // namespace

bool is_root() { return ::geteuid() == 0; }

void hand_over(const std::string& file, std::string_view name, uid_t from, const Account& to) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return;
  const std::string folder = file.substr(0, slash);
  if (!std::string_view(folder).ends_with(name) || folder.rfind('/') + 1 + name.size() != folder.size()) return;
  static_cast<void>(::mkdir(folder.c_str(), S_IRWXU | S_IRGRP | S_IXGRP));
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return;
  if (status.st_uid != from || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return;
  const std::string base = file.substr(slash + 1);
  for (const std::string& entry : {base, base + ".open"})
    ::syscall(SYS_fchownat, fd.get(), entry.c_str(), to.uid, to.gid, AT_SYMLINK_NOFOLLOW);
  ::syscall(kChangeOwner, fd.get(), to.uid, to.gid);
}

Result<void> can_become(const Account& account, std::span<const FilePath> paths) {
  Result<void> usable;
  if (!take_groups(account) || !set(kSetGroup, kSame, account.gid, kSame) || !set(kSetUser, kSame, account.uid, kSame))
    usable = make_error(ErrorCode::kPermission, errno, "the system does not let it: %s", std::strerror(errno));
  for (const FilePath& path : paths) {
    const int wanted = path.written ? R_OK | W_OK | X_OK : R_OK;
    if (!usable || ::faccessat(AT_FDCWD, path.path.c_str(), wanted, AT_EACCESS) == 0) continue;
    if (path.written || errno != ENOENT)
      usable = make_error(ErrorCode::kPermission, errno, "%s: %s", path.path.c_str(), std::strerror(errno));
  }
  // Root may always go back; to go on as half of each would be worse than to end.
  if (!set(kSetUser, kSame, 0, kSame) || !set(kSetGroup, kSame, 0, kSame)) ::abort();
  return usable;
}

Privileges give_up_privileges(const Account* account) {
  Privileges left;
  left.kept_tracing = ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SYS_PTRACE, 0, 0) == 1;
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;) ++capability;
  if (account != nullptr) {
    if (left.kept_tracing) static_cast<void>(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
    left.changed_account = take_groups(*account) && set(kSetGroup, account->gid, account->gid, account->gid) &&
                           set(kSetUser, account->uid, account->uid, account->uid);
  }
  left.without_capabilities = empty_capabilities(left.kept_tracing);
  left.without_new = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  return left;
}

}  // namespace epsilond::platform
