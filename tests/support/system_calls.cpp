#include "tests/support/system_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>

extern "C" {
int __real_open(const char*, int, ...);
int __real_openat(int, const char*, int, ...);
int __real_mkostemp(char*, int);
DIR* __real_opendir(const char*);
dirent* __real_readdir(DIR*);
ssize_t __real_getdents64(int, void*, std::size_t);
ssize_t __real_read(int, void*, std::size_t);
ssize_t __real_pread(int, void*, std::size_t, off_t);
ssize_t __real_write(int, const void*, std::size_t);
int __real_fsync(int);
int __real_stat(const char*, struct stat*);
int __real_lstat(const char*, struct stat*);
int __real_fstat(int, struct stat*);
int __real_fstatat(int, const char*, struct stat*, int);
int __real_rename(const char*, const char*);
int __real_unlink(const char*);
int __real_unlinkat(int, const char*, int);
int __real_fchmod(int, mode_t);
int __real_fcntl(int, int, ...);
int __real_mkdir(const char*, mode_t);
int __real_flock(int, int);
int __real_socket(int, int, int);
int __real_connect(int, const sockaddr*, socklen_t);
int __real_bind(int, const sockaddr*, socklen_t);
int __real_listen(int, int);
int __real_accept4(int, sockaddr*, socklen_t*, int);
ssize_t __real_send(int, const void*, std::size_t, int);
ssize_t __real_sendto(int, const void*, std::size_t, int, const sockaddr*, socklen_t);
ssize_t __real_sendmsg(int, const msghdr*, int);
ssize_t __real_recv(int, void*, std::size_t, int);
int __real_recvmmsg(int, mmsghdr*, unsigned, int, timespec*);
int __real_setsockopt(int, int, int, const void*, socklen_t);
int __real_getsockopt(int, int, int, void*, socklen_t*);
int __real_getsockname(int, sockaddr*, socklen_t*);
int __real_shutdown(int, int);
int __real_poll(pollfd*, nfds_t, int);
int __real_ppoll(pollfd*, nfds_t, const timespec*, const sigset_t*);
int __real_signalfd(int, const sigset_t*, int);
int __real_clock_gettime(clockid_t, timespec*);
}

namespace epsilond::tests {
namespace {

constexpr std::size_t kMostCalls = 4096;
constexpr time_t kDay = 86400;

struct Watch {
  bool on = false;
  bool has_fault = false;
  int undisturbed = 0;
  Fault fault;
  std::size_t count = 0;
  std::array<SeenCall, kMostCalls> seen{};
};
constinit Watch g_watch;

bool is_watching() { return g_watch.on && g_watch.undisturbed == 0; }

// The fault that befalls this call; null for none.
const Fault* strike(SystemCall call, bool divisible = false) {
  if (!is_watching()) return nullptr;
  const std::size_t number = g_watch.count++;
  if (number < kMostCalls) g_watch.seen[number] = {call, divisible};
  if (!g_watch.has_fault || number < g_watch.fault.at) return nullptr;
  if (number > g_watch.fault.at && g_watch.fault.kind != FaultKind::kErrors) return nullptr;
  if (g_watch.fault.kind == FaultKind::kSlow) (*g_watch.fault.slow)();
  return &g_watch.fault;
}

// 0: it does not fail.
int error_of(const Fault* fault, SystemCall call) {
  if (fault == nullptr) return 0;
  if (fault->kind == FaultKind::kErrors) {
    const std::span<const int> errors = errors_of(call);
    return errors.empty() ? 0 : errors.front();
  }
  return fault->kind == FaultKind::kError ? fault->error : 0;
}

// True, with errno set, if the call is to fail.
bool fails(const Fault* fault, SystemCall call) {
  const int error = error_of(fault, call);
  if (error != 0) errno = error;
  return error != 0;
}

template <typename Real>
auto plain(SystemCall call, Real real) {
  const Fault* const fault = strike(call);
  return fails(fault, call) ? static_cast<decltype(real())>(-1) : real();
}

// Not a datagram, which is moved whole or not at all.
bool is_stream(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return __real_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type == SOCK_STREAM;
}

std::size_t half_of(std::size_t size) { return std::max<std::size_t>(size / 2, 1); }

std::size_t half_of_what_is_there(int fd, std::size_t size) {
  int there = 0;
  if (::ioctl(fd, FIONREAD, &there) == 0 && there > 0) size = std::min(size, static_cast<std::size_t>(there));
  return half_of(size);
}

void spoil(void* bytes, ssize_t size) {
  std::uint32_t noise = 2463534242U;
  for (ssize_t i = 0; i < size; ++i) {
    noise ^= noise << 13U;
    noise ^= noise >> 17U;
    noise ^= noise << 5U;
    static_cast<unsigned char*>(bytes)[i] = static_cast<unsigned char>(noise >> 8U);
  }
}

// `real` takes the number of bytes.
template <typename Real>
ssize_t taking(SystemCall call, int fd, void* bytes, std::size_t size, Real real) {
  if (!is_watching()) return real(size);
  const Fault* const fault = strike(call, is_stream(fd));
  if (fails(fault, call)) return -1;
  if (fault == nullptr) return real(size);
  switch (fault->kind) {
    case FaultKind::kOneByte:
      return real(std::min<std::size_t>(size, 1));
    case FaultKind::kHalf:
      return real(half_of_what_is_there(fd, size));
    case FaultKind::kEnd:
      return 0;
    case FaultKind::kGarbage: {
      const ssize_t got = real(size);
      spoil(bytes, got);
      return got;
    }
    default:
      return real(size);
  }
}

template <typename Real>
ssize_t giving(SystemCall call, int fd, std::size_t size, Real real) {
  if (!is_watching()) return real(size);
  const Fault* const fault = strike(call, is_stream(fd));
  if (fails(fault, call)) return -1;
  if (fault == nullptr) return real(size);
  if (fault->kind == FaultKind::kOneByte) return real(std::min<std::size_t>(size, 1));
  return real(fault->kind == FaultKind::kHalf ? half_of(size) : size);
}

bool makes_a_file(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

}  // namespace

void begin_watching(const Fault* fault) {
  g_watch.count = 0;
  g_watch.has_fault = fault != nullptr;
  if (fault != nullptr) g_watch.fault = *fault;
  g_watch.on = true;
}

std::span<const SeenCall> end_watching() {
  g_watch.on = false;
  return {g_watch.seen.data(), std::min(g_watch.count, kMostCalls)};
}

bool all_calls_fail() { return g_watch.on && g_watch.has_fault && g_watch.fault.kind == FaultKind::kErrors; }

Undisturbed::Undisturbed() { ++g_watch.undisturbed; }
Undisturbed::~Undisturbed() { --g_watch.undisturbed; }

}  // namespace epsilond::tests

using epsilond::tests::fails;
using epsilond::tests::Fault;
using epsilond::tests::FaultKind;
using epsilond::tests::giving;
using epsilond::tests::kDay;
using epsilond::tests::makes_a_file;
using epsilond::tests::plain;
using epsilond::tests::strike;
using epsilond::tests::SystemCall;
using epsilond::tests::taking;

extern "C" {

int __wrap_open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = makes_a_file(flags) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return plain(SystemCall::kOpen, [=] { return __real_open(path, flags, mode); });
}
int __wrap_openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = makes_a_file(flags) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return plain(SystemCall::kOpenAt, [=] { return __real_openat(directory, path, flags, mode); });
}
int __wrap_mkostemp(char* path, int flags) {
  return plain(SystemCall::kMkostemp, [=] { return __real_mkostemp(path, flags); });
}
DIR* __wrap_opendir(const char* path) {
  const Fault* const fault = strike(SystemCall::kOpenDir);
  return fails(fault, SystemCall::kOpenDir) ? nullptr : __real_opendir(path);
}
dirent* __wrap_readdir(DIR* directory) {
  const Fault* const fault = strike(SystemCall::kReadDir);
  return fails(fault, SystemCall::kReadDir) ? nullptr : __real_readdir(directory);
}
// Fewer entries than there is room for are no fault: the kernel does so as it likes.
ssize_t __wrap_getdents64(int fd, void* entries, std::size_t size) {
  return plain(SystemCall::kGetdents, [=] { return __real_getdents64(fd, entries, size); });
}
ssize_t __wrap_read(int fd, void* out, std::size_t size) {
  return taking(SystemCall::kRead, fd, out, size, [=](std::size_t most) { return __real_read(fd, out, most); });
}
ssize_t __wrap_pread(int fd, void* out, std::size_t size, off_t offset) {
  return taking(SystemCall::kPread, fd, out, size,
                [=](std::size_t most) { return __real_pread(fd, out, most, offset); });
}
ssize_t __wrap_write(int fd, const void* bytes, std::size_t size) {
  return giving(SystemCall::kWrite, fd, size, [=](std::size_t most) { return __real_write(fd, bytes, most); });
}
int __wrap_fsync(int fd) {
  return plain(SystemCall::kFsync, [=] { return __real_fsync(fd); });
}
int __wrap_stat(const char* path, struct stat* out) {
  return plain(SystemCall::kStat, [=] { return __real_stat(path, out); });
}
int __wrap_lstat(const char* path, struct stat* out) {
  return plain(SystemCall::kLstat, [=] { return __real_lstat(path, out); });
}
int __wrap_fstat(int fd, struct stat* out) {
  return plain(SystemCall::kFstat, [=] { return __real_fstat(fd, out); });
}
int __wrap_fstatat(int directory, const char* path, struct stat* out, int flags) {
  return plain(SystemCall::kFstatat, [=] { return __real_fstatat(directory, path, out, flags); });
}
int __wrap_rename(const char* from, const char* to) {
  return plain(SystemCall::kRename, [=] { return __real_rename(from, to); });
}
int __wrap_unlink(const char* path) {
  return plain(SystemCall::kUnlink, [=] { return __real_unlink(path); });
}
int __wrap_unlinkat(int directory, const char* path, int flags) {
  return plain(SystemCall::kUnlinkAt, [=] { return __real_unlinkat(directory, path, flags); });
}
int __wrap_fchmod(int fd, mode_t mode) {
  return plain(SystemCall::kFchmod, [=] { return __real_fchmod(fd, mode); });
}
int __wrap_fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);  // a number or a pointer: a register in either case
  va_end(arguments);
  return plain(SystemCall::kFcntl, [=] { return __real_fcntl(fd, command, argument); });
}
int __wrap_mkdir(const char* path, mode_t mode) {
  return plain(SystemCall::kMkdir, [=] { return __real_mkdir(path, mode); });
}
int __wrap_flock(int fd, int operation) {
  return plain(SystemCall::kFlock, [=] { return __real_flock(fd, operation); });
}
int __wrap_socket(int family, int type, int protocol) {
  return plain(SystemCall::kSocket, [=] { return __real_socket(family, type, protocol); });
}
int __wrap_connect(int fd, const sockaddr* address, socklen_t size) {
  return plain(SystemCall::kConnect, [=] { return __real_connect(fd, address, size); });
}
int __wrap_bind(int fd, const sockaddr* address, socklen_t size) {
  return plain(SystemCall::kBind, [=] { return __real_bind(fd, address, size); });
}
int __wrap_listen(int fd, int backlog) {
  return plain(SystemCall::kListen, [=] { return __real_listen(fd, backlog); });
}
int __wrap_accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  return plain(SystemCall::kAccept, [=] { return __real_accept4(fd, address, size, flags); });
}
ssize_t __wrap_send(int fd, const void* bytes, std::size_t size, int flags) {
  return giving(SystemCall::kSend, fd, size, [=](std::size_t most) { return __real_send(fd, bytes, most, flags); });
}
ssize_t __wrap_sendto(int fd, const void* bytes, std::size_t size, int flags, const sockaddr* to, socklen_t to_size) {
  return plain(SystemCall::kSendTo, [=] { return __real_sendto(fd, bytes, size, flags, to, to_size); });
}
ssize_t __wrap_sendmsg(int fd, const msghdr* message, int flags) {
  iovec first = message->msg_iov[0];
  return giving(SystemCall::kSendMsg, fd, first.iov_len, [=](std::size_t most) mutable {
    if (most == first.iov_len) return __real_sendmsg(fd, message, flags);
    first.iov_len = most;
    msghdr part = *message;
    part.msg_iov = &first;
    part.msg_iovlen = 1;
    return __real_sendmsg(fd, &part, flags);
  });
}
ssize_t __wrap_recv(int fd, void* out, std::size_t size, int flags) {
  return taking(SystemCall::kRecv, fd, out, size, [=](std::size_t most) { return __real_recv(fd, out, most, flags); });
}
int __wrap_recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  return plain(SystemCall::kRecvMmsg, [=] { return __real_recvmmsg(fd, messages, count, flags, timeout); });
}
int __wrap_setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  return plain(SystemCall::kSetSockOpt, [=] { return __real_setsockopt(fd, level, name, value, size); });
}
int __wrap_getsockopt(int fd, int level, int name, void* value, socklen_t* size) {
  return plain(SystemCall::kGetSockOpt, [=] { return __real_getsockopt(fd, level, name, value, size); });
}
int __wrap_getsockname(int fd, sockaddr* address, socklen_t* size) {
  return plain(SystemCall::kGetSockName, [=] { return __real_getsockname(fd, address, size); });
}
int __wrap_shutdown(int fd, int how) {
  return plain(SystemCall::kShutdown, [=] { return __real_shutdown(fd, how); });
}
int __wrap_poll(pollfd* rows, nfds_t count, int timeout) {
  return plain(SystemCall::kPoll, [=] { return __real_poll(rows, count, timeout); });
}
int __wrap_ppoll(pollfd* rows, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  return plain(SystemCall::kPpoll, [=] { return __real_ppoll(rows, count, timeout, mask); });
}
int __wrap_signalfd(int fd, const sigset_t* mask, int flags) {
  return plain(SystemCall::kSignalFd, [=] { return __real_signalfd(fd, mask, flags); });
}
int __wrap_clock_gettime(clockid_t id, timespec* out) {
  const Fault* const fault = strike(SystemCall::kClockGetTime);
  const int result = __real_clock_gettime(id, out);
  if (fault != nullptr && fault->kind == FaultKind::kAhead) out->tv_sec += kDay;
  if (fault != nullptr && fault->kind == FaultKind::kBehind) *out = {};
  return result;
}

// As the calls are named where the size of a buffer is known to the compiler.
ssize_t __wrap___read_chk(int fd, void* out, std::size_t size, std::size_t) { return __wrap_read(fd, out, size); }
ssize_t __wrap___pread_chk(int fd, void* out, std::size_t size, off_t offset, std::size_t) {
  return __wrap_pread(fd, out, size, offset);
}
ssize_t __wrap___recv_chk(int fd, void* out, std::size_t size, std::size_t, int flags) {
  return __wrap_recv(fd, out, size, flags);
}
int __wrap___poll_chk(pollfd* rows, nfds_t count, int timeout, std::size_t) {
  return __wrap_poll(rows, count, timeout);
}
int __wrap___ppoll_chk(pollfd* rows, nfds_t count, const timespec* timeout, const sigset_t* mask, std::size_t) {
  return __wrap_ppoll(rows, count, timeout, mask);
}
}
