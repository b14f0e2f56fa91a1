#include <algorithm>
#include <array>
#include <cerrno>

#include "tests/support/system_calls.h"

namespace epsilond::tests {
namespace {

struct Facts {
  std::string_view name;
  bool interruptible;
  std::array<int, 8> errors;  // 0 ends them
};

// In the order of SystemCall. A call is interruptible where its manual page knows EINTR for what is asked of it here.
// Looking up a name costs neither a descriptor nor memory worth mentioning: what can go wrong is the disk.
constexpr std::array<Facts, static_cast<std::size_t>(SystemCall::kCount)> kFacts = {{
    {"open", true, {EMFILE, ENFILE, ENOMEM, EIO}},
    {"openat", true, {EMFILE, ENFILE, ENOMEM, EIO}},
    {"mkostemp", false, {EMFILE, ENOSPC, EROFS}},
    {"opendir", false, {EMFILE, ENOMEM}},
    {"readdir", false, {EIO}},
    {"getdents64", false, {EIO, ENOMEM}},
    {"read", true, {EIO, ENOMEM}},
    {"pread", true, {EIO, ENOMEM}},
    {"write", true, {ENOSPC, EIO, EPIPE, EAGAIN}},
    {"fsync", true, {EIO, ENOSPC}},
    {"stat", false, {EIO}},
    {"lstat", false, {EIO}},
    {"fstat", false, {EIO}},
    {"fstatat", false, {EIO}},
    {"rename", false, {ENOSPC, EIO, EROFS}},
    {"unlink", false, {EIO, EROFS}},
    {"unlinkat", false, {EIO, EROFS}},
    {"fchmod", false, {EIO, EPERM}},
    {"fcntl", false, {EMFILE}},
    {"mkdir", false, {ENOSPC, EACCES}},
    {"flock", false, {ENOLCK, EWOULDBLOCK}},
    {"socket", false, {EMFILE, ENOBUFS, ENOMEM, EAFNOSUPPORT}},
    {"connect", true, {ECONNREFUSED, EAGAIN, ENETUNREACH, EACCES}},
    {"bind", false, {EADDRINUSE, ENOMEM, EACCES}},
    {"listen", false, {EADDRINUSE, ENOMEM}},
    {"accept4", true, {EMFILE, ENFILE, ENOMEM, ECONNABORTED, EAGAIN}},
    {"send", true, {ENOBUFS, EAGAIN, ECONNREFUSED, EMSGSIZE, EPIPE, ENETUNREACH, EPERM}},
    {"sendto", true, {ENOBUFS, EAGAIN, ECONNREFUSED}},
    {"sendmsg", true, {ENOBUFS, EAGAIN, EPIPE, ECONNRESET}},
    {"recv", true, {ENOMEM, EAGAIN, ECONNRESET}},
    {"recvmmsg", true, {ENOMEM, EAGAIN, ECONNREFUSED}},
    {"setsockopt", false, {ENOMEM, EPERM}},
    {"getsockopt", false, {ENOMEM, ENOPROTOOPT}},
    {"getsockname", false, {ENOBUFS}},
    {"shutdown", false, {ENOTCONN}},
    {"poll", true, {ENOMEM}},
    {"ppoll", true, {ENOMEM}},
    {"signalfd", false, {EMFILE, ENOMEM}},
    {"clock_gettime", false, {}},
}};

const Facts& facts_of(SystemCall call) { return kFacts[static_cast<std::size_t>(call)]; }

}  // namespace

std::string_view name_of(SystemCall call) { return facts_of(call).name; }

std::span<const int> errors_of(SystemCall call) {
  const std::array<int, 8>& errors = facts_of(call).errors;
  return {errors.begin(), std::find(errors.begin(), errors.end(), 0)};
}

bool is_interruptible(SystemCall call) { return facts_of(call).interruptible; }

bool takes_bytes(SystemCall call) {
  return call == SystemCall::kRead || call == SystemCall::kPread || call == SystemCall::kRecv;
}

bool is_of_files(SystemCall call) {
  return call == SystemCall::kOpen || call == SystemCall::kOpenAt || call == SystemCall::kRead ||
         call == SystemCall::kPread || call == SystemCall::kGetdents;
}

}  // namespace epsilond::tests
