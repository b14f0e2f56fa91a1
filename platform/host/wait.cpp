#include "platform/host/wait.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <optional>

#include "platform/host/kernel_time.h"

namespace epsilond::platform {
namespace {

Error system_error(const char* what) {
  const int error = errno;
  return make_error(code_of_errno(error), error, "%s", what);
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
  return set;
}

std::optional<Wake> wake_of(std::uint32_t signal) {
  switch (signal) {
    case SIGTERM:
    case SIGINT:
      return Wake::kStop;
    case SIGHUP:
      return Wake::kReload;
    case SIGUSR1:
      return Wake::kSaveState;
    default:
      return std::nullopt;
  }
}

// True if the whole of `out` was read; both descriptors hand out fixed-size records and never block.
template <typename T>
bool read_record(int fd, T& out) {
  ssize_t got = 0;
  do {
    got = ::read(fd, &out, sizeof out);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof out);
}

}  // namespace

Result<std::unique_ptr<Waiter>> Waiter::make(std::chrono::nanoseconds interval) {
  std::unique_ptr<Waiter> waiter(new (std::nothrow) Waiter());
  if (!waiter) return make_error(ErrorCode::kIo, ENOMEM, "wait: out of memory");
  waiter->timer_ = UniqueFd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!waiter->timer_.valid()) return system_error("wait: timerfd_create");
  if (Result<void> armed = waiter->set_interval(interval); !armed) return armed.error();

  const sigset_t handled = handled_signals();
  waiter->signals_ = UniqueFd(::signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!waiter->signals_.valid()) return system_error("wait: signalfd");
  if (::sigprocmask(SIG_BLOCK, &handled, &waiter->previous_mask_) != 0) return system_error("wait: sigprocmask");
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &waiter->previous_sigpipe_);
  waiter->signals_taken_ = true;
  return waiter;
}

Waiter::~Waiter() {
  if (!signals_taken_) return;
  ::sigaction(SIGPIPE, &previous_sigpipe_, nullptr);
  ::sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
}

Result<void> Waiter::set_interval(std::chrono::nanoseconds interval) {
  if (interval <= std::chrono::nanoseconds(0))
    return make_error(ErrorCode::kInvalid, 0, "wait: the interval must be above 0");
  const std::chrono::nanoseconds next = (read_clock(CLOCK_MONOTONIC) / interval + 1) * interval;
  itimerspec timer{};
  timer.it_value = to_timespec(next);
  timer.it_interval = to_timespec(interval);
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &timer, nullptr) != 0)
    return system_error("wait: timerfd_settime");
  return {};
}

Result<Wake> Waiter::wait(std::span<pollfd> others, std::chrono::milliseconds at_most) {
  std::array<pollfd, 2 + kMaxOthers> watched = {{{signals_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}}};
  const std::size_t count = 2 + std::min(others.size(), kMaxOthers);
  std::copy_n(others.begin(), count - 2, watched.begin() + 2);
  const timespec limit = to_timespec(std::max(at_most, std::chrono::milliseconds(0)));
  while (true) {
    const int ready = ::ppoll(watched.data(), count, at_most == kForever ? nullptr : &limit, nullptr);
    if (ready < 0) {
      if (errno == EINTR) continue;
      return system_error("wait: ppoll");
    }
    if ((watched[0].revents | watched[1].revents) & (POLLERR | POLLNVAL))
      return make_error(ErrorCode::kIo, EBADF, "wait: a descriptor failed");
    if (watched[0].revents & POLLIN) {
      signalfd_siginfo received{};
      if (read_record(signals_.get(), received))
        if (const std::optional<Wake> wake = wake_of(received.ssi_signo)) return *wake;
    }
    if (watched[1].revents & POLLIN) {
      std::uint64_t expirations = 0;
      if (read_record(timer_.get(), expirations) && expirations > 0) {
        missed_ticks_ += expirations - 1;
        return Wake::kTick;
      }
    }
    bool other = ready == 0;
    for (std::size_t i = 2; i < count; ++i) {
      others[i - 2].revents = watched[i].revents;
      other = other || watched[i].revents != 0;
    }
    if (other) return Wake::kOther;
  }
}

}  // namespace epsilond::platform
