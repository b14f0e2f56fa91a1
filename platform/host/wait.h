#pragma once
// What wakes the agent: the next tick, a signal, or somebody else's descriptor, in one poll. Single thread; no signal
// handler ever runs.

#include <poll.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "platform/host/tick_schedule.h"
#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

enum class Wake : std::uint8_t {
  kTick,
  kReload,     // HUP
  kStop,       // TERM or INT
  kSaveState,  // USR1
  kOther,      // one of the other descriptors, or the time for them is up
};

// From now on HUP and USR1, which would end the process by default, wait for the first Waiter. For programs that take a
// while to get there.
void hold_signals();

// Ticks fall on whole multiples of the interval on CLOCK_MONOTONIC, so they do not drift with the length of the work,
// and are where those of others are. They may come late by the timer slack, a hundredth of the interval and 10 ms at
// most, so that an idle machine need not wake for us alone. While a Waiter exists TERM, INT, HUP and USR1 are blocked
// for the calling thread, and SIGPIPE and SIGXFSZ are ignored; its end puts all of it and the slack back. One at a time
// per thread.
class Waiter {
 public:
  // `interval` > 0, else kInvalid.
  static Result<std::unique_ptr<Waiter>> make(std::chrono::nanoseconds interval);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter();

  static constexpr std::size_t kMaxOthers = 16;
  static constexpr std::chrono::milliseconds kForever{-1};
  static constexpr std::chrono::milliseconds kMoment{50};

  // Sleeps until there is something to do. A signal comes before a tick that is due at the same time, the next signal
  // after it, so that no number of signals keeps the ticks away; both come before kOther. Ticks that passed while the
  // caller was busy are counted in missed_ticks() and not made up for.
  // `others`: at most kMaxOthers rows for poll(2), of which one with a negative descriptor counts for nothing; their
  // revents are set when kOther is returned. kOther also comes when `at_most` has passed, with no revents; kForever is
  // never. Where the kernel has no memory to wait with, it is asked again within kMoment. An error (kIo) would repeat
  // at once: the caller should stop.
  Result<Wake> wait(std::span<pollfd> others = {}, std::chrono::milliseconds at_most = kForever);

  // Takes effect at once, the slack too: the next tick is the next multiple of `interval`. A tick that is due but was
  // not waited for is forgotten, not counted. kInvalid, and nothing changes, unless `interval` > 0.
  Result<void> set_interval(std::chrono::nanoseconds interval);

  std::uint64_t missed_ticks() const { return schedule_.missed(); }

 private:
  Waiter() = default;

  // Each would end us for what a write is told as well: that the reader has gone, that the file may grow no more.
  static constexpr std::array kIgnored = {SIGPIPE, SIGXFSZ};

  // True if a tick is due; then it and those that passed are over.
  bool take_tick();

  UniqueFd signals_;
  TickSchedule schedule_;
  sigset_t previous_mask_{};
  std::array<struct sigaction, kIgnored.size()> previous_actions_{};
  int previous_slack_ = 0;  // ns; 0 where it is not known
  bool signals_taken_ = false;
  bool signal_was_last_ = false;  // what wait() returned
};

}  // namespace epsilond::platform
