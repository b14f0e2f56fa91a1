#include "platform/host/wait.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <initializer_list>
#include <new>
#include <optional>
#include <utility>

#include "platform/host/kernel_time.h"
#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

Error system_error(const char* what) {
  const int error = errno;
  return make_error(code_of_errno(error), error, "%s: %s", what, std::strerror(error));
}

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

sigset_t handled_signals() { return set_of({SIGTERM, SIGINT, SIGHUP, SIGUSR1}); }

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

// False if none is pending: the descriptor hands out whole records and never blocks.
bool read_signal(int fd, signalfd_siginfo& out) {
  const ssize_t got = uninterrupted([&] { return ::read(fd, &out, sizeof out); });
  return got == static_cast<ssize_t>(sizeof out);
}

// How late a tick may be, so that the kernel can wake us together with somebody else: rates go by measured time.
constexpr int kSlackOfInterval = 100;
constexpr std::chrono::nanoseconds kLeastSlack(1);
constexpr std::chrono::nanoseconds kMostSlack = std::chrono::milliseconds(10);

}  // namespace

void hold_signals() {
  const sigset_t deadly = set_of({SIGHUP, SIGUSR1});
  ::sigprocmask(SIG_BLOCK, &deadly, nullptr);
}

Result<std::unique_ptr<Waiter>> Waiter::make(std::chrono::nanoseconds interval) {
  std::unique_ptr<Waiter> waiter(new (std::nothrow) Waiter());
  if (!waiter) return make_error(ErrorCode::kIo, ENOMEM, "wait: out of memory");
  waiter->previous_slack_ = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  if (Result<void> armed = waiter->set_interval(interval); !armed) return armed.error();

  const sigset_t handled = handled_signals();
  waiter->signals_ = UniqueFd(::signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!waiter->signals_.valid()) return system_error("wait: signalfd");
  if (::sigprocmask(SIG_BLOCK, &handled, &waiter->previous_mask_) != 0) return system_error("wait: sigprocmask");
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (std::size_t i = 0; i < kIgnored.size(); ++i) ::sigaction(kIgnored[i], &ignore, &waiter->previous_actions_[i]);
  waiter->signals_taken_ = true;
  return waiter;
}

Waiter::~Waiter() {
  if (previous_slack_ > 0) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(previous_slack_), 0, 0, 0);
  if (!signals_taken_) return;
  for (std::size_t i = 0; i < kIgnored.size(); ++i) ::sigaction(kIgnored[i], &previous_actions_[i], nullptr);
  ::sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
}

Result<void> Waiter::set_interval(std::chrono::nanoseconds interval) {
  if (interval <= std::chrono::nanoseconds(0))
    return make_error(ErrorCode::kInvalid, 0, "wait: the interval must be above 0");
  schedule_.begin(interval, read_clock(CLOCK_MONOTONIC));
  // 0 would be what the process had when it began.
  const auto slack = std::clamp<std::chrono::nanoseconds>(interval / kSlackOfInterval, kLeastSlack, kMostSlack);
  ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack.count()), 0, 0, 0);
  return {};
}

bool Waiter::take_tick() { return schedule_.take(read_clock(CLOCK_MONOTONIC)); }

Result<Wake> Waiter::wait(std::span<pollfd> others, std::chrono::milliseconds at_most) {
  std::array<pollfd, 1 + kMaxOthers> watched = {{{signals_.get(), POLLIN, 0}}};
  const std::size_t count = 1 + std::min(others.size(), kMaxOthers);
  std::copy_n(others.begin(), count - 1, watched.begin() + 1);
  while (true) {
    const std::chrono::nanoseconds none(0);
    const std::chrono::nanoseconds until_tick = schedule_.until_next(read_clock(CLOCK_MONOTONIC));
    const bool for_others = at_most != kForever && at_most < until_tick;
    const timespec limit = to_timespec(for_others ? std::max<std::chrono::nanoseconds>(at_most, none) : until_tick);
    const int ready = ::ppoll(watched.data(), count, &limit, nullptr);
    if (ready < 0) {
      if (errno == EINTR) continue;
      // EINVAL: no more descriptors are allowed now than we have open already.
      if (errno != ENOMEM && errno != EAGAIN && errno != EINVAL) return system_error("wait: ppoll");
      const timespec moment = to_timespec(std::min<std::chrono::nanoseconds>(until_tick, kMoment));
      ::nanosleep(&moment, nullptr);
      for (pollfd& one : watched) one.revents = 0;
      watched[0].revents = POLLIN;  // perhaps: it is read without waiting
    }
    if (watched[0].revents & (POLLERR | POLLNVAL))
      return make_error(ErrorCode::kIo, EBADF, "wait: a descriptor failed");
    if (std::exchange(signal_was_last_, false) && take_tick()) return Wake::kTick;
    if (watched[0].revents & POLLIN) {
      signalfd_siginfo received{};
      const bool got = read_signal(signals_.get(), received);
      const std::optional<Wake> wake = got ? wake_of(received.ssi_signo) : std::nullopt;
      signal_was_last_ = wake.has_value();
      if (wake) return *wake;
    }
    if (take_tick()) return Wake::kTick;
    bool other = ready == 0 && for_others;
    for (std::size_t i = 1; i < count; ++i) {
      others[i - 1].revents = watched[i].revents;
      other = other || watched[i].revents != 0;
    }
    if (other) return Wake::kOther;
  }
}

}  // namespace epsilond::platform
