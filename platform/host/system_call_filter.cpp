#include "platform/host/system_call_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace epsilond::platform {
namespace {

// The kernel's names of processors; 0: none for which the lists below were checked.
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
constexpr std::uint32_t kProcessor = 0;
#elif defined(__x86_64__) && !defined(__ILP32__)
constexpr std::uint32_t kProcessor = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kProcessor = AUDIT_ARCH_AARCH64;
#elif defined(__arm__) && defined(__ARM_EABI__)
constexpr std::uint32_t kProcessor = AUDIT_ARCH_ARM;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kProcessor = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t kProcessor = 0;
#endif

// The most frequent ones first, for kernels that do not remember.
constexpr std::uint16_t kAllowed[] = {
    __NR_pread64,
    __NR_read,
    __NR_openat,
    __NR_close,
    __NR_ppoll,
    __NR_getdents64,
    __NR_write,
    __NR_statx,
    __NR_faccessat,
    __NR_lseek,
    __NR_clock_gettime,
    __NR_readlinkat,
    __NR_writev,
    __NR_readv,
    __NR_fcntl,
    // datagrams, the control socket, a listener
    __NR_connect,
    __NR_bind,
    __NR_listen,
    __NR_accept,
    __NR_accept4,
    __NR_sendto,
    __NR_recvfrom,
    __NR_sendmsg,
    __NR_recvmsg,
    __NR_shutdown,
    __NR_getsockopt,
    __NR_setsockopt,
    __NR_getsockname,
    __NR_getpeername,
    // files that are written
    __NR_fsync,
    __NR_fdatasync,
    __NR_ftruncate,
    __NR_fchmod,
    __NR_fchmodat,
    __NR_renameat2,
    __NR_unlinkat,
    __NR_mkdirat,
    __NR_flock,
    __NR_umask,
    // time
    __NR_timerfd_create,
    __NR_timerfd_settime,
    __NR_nanosleep,
    __NR_clock_nanosleep,
    __NR_clock_getres,
    __NR_gettimeofday,
    __NR_restart_syscall,
    // signals of its own
    __NR_signalfd4,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    // memory and what a libc asks
    __NR_brk,
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    __NR_futex,
    __NR_getrandom,
    __NR_getpid,
    __NR_getppid,
    __NR_gettid,
    __NR_getuid,
    __NR_geteuid,
    __NR_getgid,
    __NR_getegid,
    __NR_getrusage,
    __NR_sysinfo,
    __NR_uname,
    __NR_sched_getaffinity,
    __NR_sched_yield,
    __NR_exit,
    __NR_exit_group,
#ifdef __NR_faccessat2
    __NR_faccessat2,
#endif
#ifdef __NR_renameat
    __NR_renameat,
#endif
#ifdef __NR_newfstatat
    __NR_newfstatat,
    __NR_fstat,
    __NR_statfs,
    __NR_fstatfs,
#endif
// Calls from before there were the ones above; x86_64 and arm have them.
#ifdef __NR_open
    __NR_open,
    __NR_stat,
    __NR_lstat,
    __NR_access,
    __NR_readlink,
    __NR_getdents,
    __NR_rename,
    __NR_unlink,
    __NR_mkdir,
    __NR_chmod,
    __NR_poll,
#endif
#ifdef __NR_time
    __NR_time,
#endif
// Those of 32-bit processors, in their widths.
#ifdef __NR__llseek
    __NR__llseek,
    __NR_fstat64,
    __NR_stat64,
    __NR_lstat64,
    __NR_fstatat64,
    __NR_statfs64,
    __NR_fstatfs64,
    __NR_ftruncate64,
    __NR_fcntl64,
    __NR_getuid32,
    __NR_geteuid32,
    __NR_getgid32,
    __NR_getegid32,
    __NR_send,
    __NR_recv,
    __NR_sigreturn,
    __NR_clock_gettime64,
    __NR_clock_getres_time64,
    __NR_clock_nanosleep_time64,
    __NR_ppoll_time64,
    __NR_timerfd_settime64,
    __NR_futex_time64,
#endif
};

constexpr std::uint16_t kHostile[] = {
    __NR_execve,
    __NR_execveat,
    __NR_clone,
    __NR_ptrace,
    __NR_process_vm_readv,
    __NR_process_vm_writev,
    __NR_mount,
    __NR_umount2,
    __NR_pivot_root,
    __NR_chroot,
    __NR_setns,
    __NR_unshare,
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_kexec_load,
    __NR_bpf,
    __NR_perf_event_open,
    __NR_userfaultfd,
    __NR_add_key,
    __NR_request_key,
    __NR_keyctl,
    __NR_open_by_handle_at,
#ifdef __NR_fork
    __NR_fork,
    __NR_vfork,
#endif
#ifdef __NR_clone3
    __NR_clone3,
#endif
#ifdef __NR_io_uring_setup
    __NR_io_uring_setup,
#endif
};

// Allowed if its argument number `argument`, counted from 0, is `value`; or, with `without`, has none of these bits.
struct Condition {
  std::uint16_t number;
  std::uint8_t argument;
  bool without;
  std::uint16_t value;
};
constexpr std::uint16_t kExecutable = 4;             // PROT_EXEC
constexpr std::uint16_t kTerminalSettings = 0x5401;  // TCGETS and
constexpr std::uint16_t kTerminalSize = 0x5413;      // TIOCGWINSZ: with these a libc finds out whether it is one
constexpr std::uint16_t kAbort = 6;                  // SIGABRT
constexpr Condition kConditional[] = {
    {__NR_socket, 0, false, AF_UNIX},          {__NR_socket, 0, false, AF_INET},
    {__NR_socket, 0, false, AF_INET6},         {__NR_kill, 1, false, 0},  // is it alive?
    {__NR_tgkill, 2, false, kAbort},           {__NR_tkill, 1, false, kAbort},
    {__NR_ioctl, 1, false, kTerminalSettings}, {__NR_ioctl, 1, false, kTerminalSize},
    {__NR_mprotect, 2, true, kExecutable},     {__NR_prctl, 0, false, PR_SET_TIMERSLACK},  // a reload sets it
#ifdef __NR_mmap2
    {__NR_mmap2, 2, true, kExecutable},
#else
    {__NR_mmap, 2, true, kExecutable},
#endif
};

// openat2, close_range and later ones are above it: 435 was the last when all these processors shared their numbers.
constexpr std::uint32_t kLastKnown = 435;

// What the program is made of, and where it is put together.
class Program {
 public:
  void add(std::uint32_t code, std::uint32_t value, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    steps_[count_++] = {static_cast<std::uint16_t>(code), if_true, if_false, value};
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void leave(std::uint32_t action) { add(BPF_RET | BPF_K, action); }
  // `action` at once if what was loaded is `value`.
  void leave_if(std::uint32_t value, std::uint32_t action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    leave(action);
  }

  sock_fprog finished() { return {static_cast<unsigned short>(count_), steps_}; }

 private:
  sock_filter steps_[8 + 2 * (std::size(kAllowed) + std::size(kHostile)) + 5 * std::size(kConditional)];
  std::size_t count_ = 0;
};

void assemble(Program& program) {
  program.load(offsetof(seccomp_data, arch));
  program.add(BPF_JMP | BPF_JEQ | BPF_K, kProcessor, 1, 0);
  program.leave(SECCOMP_RET_KILL_PROCESS);  // the numbers of another processor mean other calls
  program.load(offsetof(seccomp_data, nr));
  for (const std::uint16_t number : kAllowed) program.leave_if(number, SECCOMP_RET_ALLOW);
  for (const Condition& condition : kConditional) {
    program.add(BPF_JMP | BPF_JEQ | BPF_K, condition.number, 0, 4);
    // The lower half: all that is looked at are ints and flags.
    program.load(offsetof(seccomp_data, args) + condition.argument * sizeof(std::uint64_t));
    if (condition.without)
      program.add(BPF_JMP | BPF_JSET | BPF_K, condition.value, 1, 0);
    else
      program.add(BPF_JMP | BPF_JEQ | BPF_K, condition.value, 0, 1);
    program.leave(SECCOMP_RET_ALLOW);
    program.load(offsetof(seccomp_data, nr));
  }
  for (const std::uint16_t number : kHostile) program.leave_if(number, SECCOMP_RET_KILL_PROCESS);
  program.add(BPF_JMP | BPF_JGT | BPF_K, kLastKnown, 0, 1);
  program.leave(SECCOMP_RET_ERRNO | ENOSYS);
  program.leave(SECCOMP_RET_ERRNO | EPERM);
}

}  // namespace

Result<void> filter_system_calls() {
  if constexpr (kProcessor == 0) return make_error(ErrorCode::kUnsupported, 0, "not known for this processor");
  Program program;
  assemble(program);
  const sock_fprog finished = program.finished();
  // By prctl rather than seccomp(2): one thread needs nothing newer.
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &finished) != 0)
    return make_error(ErrorCode::kUnsupported, errno, "%s", std::strerror(errno));
  return {};
}

}  // namespace epsilond::platform
