#pragma once
// Leaves this process only the system calls that an agent at work makes: a seccomp filter that cannot be taken off.
//
// What is made of a call that is not needed:
// - kills the process (SIGSYS): what only a break-in would try, because nothing here and no libc ever does: another
//   program, another process, tracing, mounts, namespaces, modules, eBPF, io_uring, keys;
// - ENOSYS: numbers above the last one known when this was built, so that a libc that tries a newer call first goes on
//   with the older one;
// - EPERM: all others, and allowed calls with arguments that are not needed (a socket that is neither local nor
//   Internet, a signal to a process, memory that may be executed).
//
// Measured: nothing that shows in a sample; since Linux 5.11 the kernel remembers which numbers are always allowed.

#include "platform/result.h"

namespace epsilond::platform {

// For this thread and all to come, for good. no_new_privs must be set or the process be privileged. kUnsupported: this
// processor is not known here (x86_64, aarch64, 32-bit arm with EABI and riscv64 are), or the kernel has no such
// filters; then nothing has changed.
Result<void> filter_system_calls();

}  // namespace epsilond::platform
