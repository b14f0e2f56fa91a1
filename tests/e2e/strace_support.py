"""Real faults by strace: what a call of an agent may be refused with, and an strace that refuses it for a while."""
import os
import re
import shutil
import signal
import subprocess
import time

# What the kernel may say to each call that the agent makes: those of the manual pages that need no mistake of ours.
FILE_OPENED = "EACCES EINTR EIO EMFILE ENFILE ENOMEM"
FILE_LOOKED_AT = "EACCES EIO ENOMEM"
FILE_CHANGED = "EACCES EIO ENOSPC"
SENT = "EACCES EAGAIN ECONNREFUSED EINTR ENOBUFS ENOMEM"
RECEIVED = "EAGAIN ECONNREFUSED EINTR ENOMEM"
POLLED = "EINTR ENOMEM"
FAULTS = {
    "accept": "EAGAIN EINTR EMFILE ENFILE ENOBUFS ENOMEM", "accept4": "EAGAIN EINTR EMFILE ENFILE ENOBUFS ENOMEM",
    "access": FILE_LOOKED_AT, "bind": "EACCES ENOMEM", "brk": "ENOMEM", "chmod": FILE_CHANGED,
    "clock_nanosleep": "EINTR", "connect": "EACCES EAGAIN ECONNREFUSED ENOMEM", "faccessat": FILE_LOOKED_AT,
    "faccessat2": FILE_LOOKED_AT, "fchmod": "EACCES EIO", "fchmodat": FILE_CHANGED,
    "fchown": FILE_CHANGED, "fchownat": FILE_CHANGED, "flock": "EAGAIN EINTR ENOMEM",
    "fstat": FILE_LOOKED_AT, "fstatfs": "EIO ENOMEM", "fsync": "EINTR EIO ENOSPC", "getdents64": "EINTR EIO ENOMEM",
    "getsockopt": "ENOBUFS ENOMEM", "landlock_add_rule": "ENOMEM", "landlock_create_ruleset": "EMFILE ENOMEM",
    "landlock_restrict_self": "ENOMEM", "listen": "EACCES", "lstat": FILE_LOOKED_AT, "madvise": "EAGAIN ENOMEM",
    "mkdir": FILE_CHANGED, "mkdirat": FILE_CHANGED, "mmap": "ENOMEM", "mremap": "ENOMEM",
    "newfstatat": FILE_LOOKED_AT, "open": FILE_OPENED, "openat": FILE_OPENED, "poll": POLLED, "ppoll": POLLED,
    "pread64": "EINTR EIO ENOMEM", "read": "EAGAIN EINTR EIO ENOMEM", "readlink": FILE_LOOKED_AT,
    "readlinkat": FILE_LOOKED_AT, "recv": RECEIVED, "recvfrom": RECEIVED, "recvmsg": RECEIVED, "rename": FILE_CHANGED,
    "renameat": FILE_CHANGED, "renameat2": FILE_CHANGED, "send": SENT, "sendmsg": SENT, "sendto": SENT,
    "setsockopt": "ENOBUFS ENOMEM", "signalfd4": "EMFILE ENFILE ENOMEM",
    "socket": "EACCES EMFILE ENFILE ENOBUFS ENOMEM", "stat": FILE_LOOKED_AT, "statx": FILE_LOOKED_AT,
    "unlink": FILE_CHANGED, "unlinkat": FILE_CHANGED, "write": "EAGAIN EINTR EIO ENOSPC",
}
# These cannot fail on what they are given, or their failure is not one that strace can play: a close that fails has
# closed, and strace leaves the descriptor open.
HARMLESS = set("""alarm arch_prctl capget capset clock_gettime clock_getres close execve exit exit_group fcntl futex getegid geteuid getgid getpid getppid getrandom getrusage gettid gettimeofday getuid ioctl kill lseek mprotect
munmap prctl prlimit64 restart_syscall rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_yield sched_getaffinity
set_robust_list set_tid_address setgroups setresgid setresuid getsockname shutdown sysinfo umask uname""".split())
# Where an interrupted call is made again at once, all of them interrupted would be no fault but a hang.
NEVER_ALL = ("EINTR", "EAGAIN")
SIGNALS = ("HUP", "USR1", "CONT", "CHLD", "WINCH", "URG")


def refusals_of(name):
    """The faults of this call that strace has behind `inject=NAME:`. The kernel refuses brk by an address below what was
    asked for; an error would be taken for a very high one."""
    return ["retval=0"] if name == "brk" else ["error=" + error for error in FAULTS[name].split()]


def kinds_of(name):
    """The same, and others than refusals."""
    kinds = refusals_of(name)
    if name in ("pread64", "getdents64"):
        kinds.append("retval=0")  # an end where there was none
    if name in ("pread64", "fsync", "openat"):
        kinds.append("delay_enter=200000")  # a disk that takes its time
    return kinds


def pattern(name, kind, draw):
    """Which of the calls: `when=` of strace. Memory is gone for as long as it is gone."""
    if name in ("brk", "mmap", "mremap"):
        return "when=1+"
    if kind.startswith("delay"):
        return "when=%d+%d" % (draw.randint(1, 5), draw.randint(20, 40))
    steps = (2, 3, 5) if kind.endswith(NEVER_ALL) else (1, 1, 2, 3, 5)
    return "when=%d+%d" % (draw.randint(1, 3), draw.choice(steps))


def calls_of(text):
    """The names of the calls in an output of strace, in their order."""
    return re.findall(r"^(?:\d+ +)?(\w+)\(", text, re.MULTILINE)


def injected(text):
    """How many calls were refused, held up, or cut short."""
    return len(re.findall(r"\((?:INJECTED|DELAYED)\)$", text, re.MULTILINE))


def why_not_here(folder):
    """Empty if strace may do what we want of it."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    log = os.path.join(folder, "why-not")
    tried = subprocess.run(["strace", "-o", log, "-e", "inject=uname:error=EIO", "uname"], capture_output=True, text=True)
    if os.path.exists(log):
        with open(log) as file:
            if injected(file.read()):
                return ""
    return "strace may not trace here: " + tried.stderr.strip()[-200:]


class Tracer:
    """strace on a running agent: it refuses calls, or sends signals, until end()."""

    def __init__(self, test, pid, *options):
        self.pid, self.log, self.text = pid, test.path("strace.log"), ""
        self.process = subprocess.Popen(["strace", "-o", self.log, "-p", str(pid), *options], stderr=subprocess.PIPE,
                                        text=True)
        test.addCleanup(self.process.stderr.close)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.kill)
        self.said = self.process.stderr.readline()
        self.attached = "attached" in self.said

    def read(self):
        with open(self.log) as file:
            self.text = file.read()
        return self.text

    def end(self):
        """Lets go of the agent between two calls, not within one: it is stopped for that moment."""
        deadline = time.monotonic() + 10
        while "stopped by SIGSTOP" not in self.read() and self.process.poll() is None and time.monotonic() < deadline:
            os.kill(self.pid, signal.SIGSTOP)  # again, where strace sends signals that undo it
            time.sleep(0.02)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        os.kill(self.pid, signal.SIGCONT)
        return self.read()
