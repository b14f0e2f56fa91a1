#include "platform/host/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <vector>

#include "platform/host/kernel_time.h"
#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

constexpr int kSignalBase = 128;
constexpr int kNotExecuted = 127;  // of a child that nobody asks for its status
constexpr std::uint64_t kBytesPerMaxrss = 1024;

Error system_error(const char* what) {
  const int error = errno;
  return make_error(ErrorCode::kUnavailable, error, "%s: %s", what, std::strerror(error));
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD})
    sigaddset(&set, signal);
  return set;
}

bool asks_to_stop(std::uint32_t signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

CommandUsage usage_of(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return {.user_s = seconds_of(usage.ru_utime),
          .system_s = seconds_of(usage.ru_stime),
          .peak_process_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * kBytesPerMaxrss};
}

}  // namespace

Result<std::unique_ptr<Command>> Command::start(std::span<const char* const> words, std::chrono::nanoseconds interval) {
  if (words.empty() || interval <= std::chrono::nanoseconds(0))
    return make_error(ErrorCode::kInvalid, 0, "command: no word, or no interval");
  std::unique_ptr<Command> command(new (std::nothrow) Command());
  if (!command) return make_error(ErrorCode::kUnavailable, ENOMEM, "command: out of memory");
  if (Result<void> prepared = command->prepare(interval); !prepared) return prepared.error();
  if (Result<void> spawned = command->spawn(words); !spawned) return spawned.error();
  return command;
}

Command::~Command() {
  if (!taken_) return;
  ::prctl(PR_SET_CHILD_SUBREAPER, 0UL, 0UL, 0UL, 0UL);
  ::sigaction(SIGCHLD, &previous_sigchld_, nullptr);
  ::sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
}

Result<void> Command::prepare(std::chrono::nanoseconds interval) {
  const sigset_t handled = handled_signals();
  signals_ = UniqueFd(::signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_.valid()) return system_error("signalfd");
  timer_ = UniqueFd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer_.valid()) return system_error("timerfd_create");
  if (::sigprocmask(SIG_BLOCK, &handled, &previous_mask_) != 0) return system_error("sigprocmask");
  // Where CHLD is ignored the kernel reaps children by itself, and nobody learns how they ended.
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &usual, &previous_sigchld_);
  taken_ = true;
  // Without it orphans go to init: they are lost from the tree, and nothing else is.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);

  before_ = usage_of(RUSAGE_CHILDREN);
  own_peak_bytes_ = usage_of(RUSAGE_SELF).peak_process_bytes;
  started_ = read_clock(CLOCK_MONOTONIC);
  itimerspec timer{};
  timer.it_value = to_timespec(started_ + interval);
  timer.it_interval = to_timespec(interval);
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &timer, nullptr) != 0) return system_error("timerfd_settime");
  return {};
}

Result<void> Command::spawn(std::span<const char* const> words) {
  // The child writes the errno value of a failed execution; a successful one closes the pipe.
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe");
  const UniqueFd report(ends[0]);
  UniqueFd child_end(ends[1]);
  std::vector<char*> arguments;
  for (const char* word : words) arguments.push_back(const_cast<char*>(word));  // execvp() does not write to them
  arguments.push_back(nullptr);

  pid_ = ::fork();
  if (pid_ < 0) return system_error("fork");
  if (pid_ == 0) become(arguments.data(), child_end.get());
  child_end.reset();
  int failure = 0;
  const ssize_t got = uninterrupted([&] { return ::read(report.get(), &failure, sizeof failure); });
  if (got != static_cast<ssize_t>(sizeof failure)) return {};
  ::waitpid(pid_, nullptr, 0);
  const ErrorCode code = failure == ENOENT ? ErrorCode::kNotFound : ErrorCode::kPermission;
  return make_error(code, failure, "cannot be run: %s", std::strerror(failure));
}

void Command::become(char* const* words, int report_fd) {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &usual, nullptr);
  ::sigaction(SIGCHLD, &previous_sigchld_, nullptr);
  ::sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
  ::execvp(words[0], words);
  const int failure = errno;
  const ssize_t told = ::write(report_fd, &failure, sizeof failure);
  ::_exit(told < 0 ? kNotExecuted + 1 : kNotExecuted);
}

Result<CommandNews> Command::wait() {
  std::array<pollfd, 2> watched = {{{signals_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}}};
  CommandNews news = CommandNews::kTick;
  while (true) {
    if (look_at_children(news)) return news;
    if (::ppoll(watched.data(), watched.size(), nullptr, nullptr) < 0) {
      if (errno == EINTR) continue;
      return system_error("ppoll");
    }
    if ((watched[0].revents | watched[1].revents) & (POLLERR | POLLNVAL))
      return make_error(ErrorCode::kIo, EBADF, "a descriptor failed");
    if ((watched[0].revents & POLLIN) && take_signal(news)) return news;
    std::uint64_t expirations = 0;
    if ((watched[1].revents & POLLIN) && ::read(timer_.get(), &expirations, sizeof expirations) > 0)
      return CommandNews::kTick;
  }
}

// Reaps orphans. True for news: the command ended, or the last descendant did.
bool Command::look_at_children(CommandNews& news) {
  while (true) {
    siginfo_t child{};
    if (::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0) {
      if (errno == EINTR) continue;
      news = CommandNews::kAllEnded;  // ECHILD; before reap() the command itself is a child
      return true;
    }
    if (child.si_pid == 0) return false;
    if (child.si_pid == pid_ && !reaped_) {
      news = CommandNews::kEnded;
      return true;
    }
    ::waitpid(child.si_pid, nullptr, WNOHANG);
  }
}

bool Command::take_signal(CommandNews& news) {
  signalfd_siginfo received{};
  while (::read(signals_.get(), &received, sizeof received) == static_cast<ssize_t>(sizeof received)) {
    if (received.ssi_signo == SIGCHLD) continue;  // one may stand for several: the children are looked at anyway
    if (reaped_) {
      if (!asks_to_stop(received.ssi_signo)) continue;
      news = CommandNews::kStop;
      return true;
    }
    if (received.ssi_code != SI_KERNEL) ::kill(pid_, static_cast<int>(received.ssi_signo));
  }
  return false;
}

CommandEnd Command::reap() {
  int status = 0;
  static_cast<void>(uninterrupted([&] { return ::waitpid(pid_, &status, 0); }));
  reaped_ = true;
  if (WIFSIGNALED(status)) return {.status = kSignalBase + WTERMSIG(status), .signal = WTERMSIG(status)};
  return {.status = WEXITSTATUS(status)};
}

bool Command::has_descendants() const {
  siginfo_t child{};
  return ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0;
}

std::chrono::nanoseconds Command::elapsed() const { return read_clock(CLOCK_MONOTONIC) - started_; }

CommandUsage Command::usage() const {
  CommandUsage usage = usage_of(RUSAGE_CHILDREN);
  usage.user_s = std::max(usage.user_s - before_.user_s, 0.0);
  usage.system_s = std::max(usage.system_s - before_.system_s, 0.0);
  // A child counts from the moment it was doubled from this process, and a maximum cannot be taken apart.
  if (usage.peak_process_bytes <= std::max(own_peak_bytes_, before_.peak_process_bytes)) usage.peak_process_bytes = 0;
  return usage;
}

}  // namespace epsilond::platform
