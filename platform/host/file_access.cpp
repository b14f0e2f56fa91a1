#include "platform/host/file_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "platform/unique_fd.h"

namespace epsilond::platform {
namespace {

// linux/landlock.h, as of Linux 6.12. Kept here so that what is built with older headers is as safe; the numbers are
// the same for every processor.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;
constexpr int kPathBeneath = 1;
struct Ruleset {
  std::uint64_t handled_files;
  std::uint64_t handled_net;
  std::uint64_t scoped;
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed;
  std::int32_t parent;
};
enum : std::uint64_t {
  kExecute = 1,
  kWriteFile = 2,
  kReadFile = 4,
  kReadDirectory = 8,
  kRemoveFile = 1U << 5U,
  kMakeDirectory = 1U << 7U,
  kMakeFile = 1U << 8U,
  kMakeSocket = 1U << 9U,
  kTruncate = 1U << 14U,
  kScopeSignals = 2,
};
constexpr std::uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate;
constexpr std::uint64_t kReads = kReadFile | kReadDirectory;
constexpr std::uint64_t kWrites =
    kReads | kWriteFile | kRemoveFile | kMakeDirectory | kMakeFile | kMakeSocket | kTruncate;

// Rights that each version knows: the first 13, then moving between directories, truncating, and control of devices.
std::uint64_t rights_of(long version) {
  const auto step = static_cast<unsigned>(version >= 5 ? 4 : std::min(version, 3L));
  return (std::uint64_t{1} << (12U + step)) - 1;
}

void allow(int ruleset, const std::string& path, std::uint64_t rights) {
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return;
  const PathBeneath rule{S_ISDIR(status.st_mode) ? rights : rights & kOfFiles, fd.get()};
  static_cast<void>(::syscall(kAddRule, ruleset, kPathBeneath, &rule, 0));
}

Error unsupported() { return make_error(ErrorCode::kUnsupported, errno, "%s", std::strerror(errno)); }

}  // namespace

Result<int> restrict_files(std::span<const FilePath> paths) {
  const long version = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  if (version < 1) return unsupported();
  const std::uint64_t known = rights_of(version);
  const Ruleset handled{known, 0, version >= 6 ? std::uint64_t{kScopeSignals} : 0};
  // An older kernel refuses a longer structure unless the rest is zero, which it is.
  const UniqueFd ruleset(static_cast<int>(::syscall(kCreateRuleset, &handled, sizeof handled, 0)));
  if (!ruleset.valid()) return unsupported();
  for (const FilePath& path : paths) allow(ruleset.get(), path.path, path.written ? kWrites & known : kReads);
  if (::syscall(kRestrictSelf, ruleset.get(), 0) != 0) return unsupported();
  return static_cast<int>(version);
}

}  // namespace epsilond::platform
