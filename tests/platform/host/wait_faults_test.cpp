// Whatever system call goes wrong, and whatever the clock says: the next tick comes, and no signal is lost.

#include <signal.h>

#include <chrono>
#include <memory>
#include <utility>

#include "platform/host/linux_clock.h"
#include "platform/host/wait.h"
#include "tests/support/fault_trial.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::LinuxClock;
using epsilond::platform::Result;
using epsilond::platform::Waiter;
using epsilond::platform::Wake;
using epsilond::tests::all_calls_fail;
using epsilond::tests::done;
using epsilond::tests::FaultReport;
using epsilond::tests::Outcome;
using epsilond::tests::refused;
using epsilond::tests::try_every_fault;
using epsilond::tests::wrong;

namespace {

constexpr std::chrono::milliseconds kInterval{2};

struct Bench {
  std::unique_ptr<Waiter> waiter;
  bool owes_signal = false;  // it has not been told yet

  Outcome make() {
    waiter.reset();  // one at a time
    Result<std::unique_ptr<Waiter>> made = Waiter::make(kInterval);
    if (!made) return refused(made.error());
    waiter = std::move(*made);
    return done();
  }
  // Ticks go on meanwhile.
  Outcome wait_for(Wake expected) {
    for (int i = 0; i < 10; ++i) {
      const Result<Wake> wake = waiter->wait();
      if (!wake) return refused(wake.error());
      if (*wake == expected) return done();
      if (*wake != Wake::kTick) return wrong("it woke for something else");
    }
    // While no signal can be read either, ticks are all there is.
    return all_calls_fail() ? refused("ticks only") : wrong("it did not wake for it");
  }
  Outcome wait_again() {
    if (std::exchange(owes_signal, false))
      if (const Outcome told = wait_for(Wake::kReload); told.kind != Outcome::Kind::kDone) return told;
    for (int i = 0; i < 3; ++i)
      if (const Outcome ticked = wait_for(Wake::kTick); ticked.kind != Outcome::Kind::kDone) return ticked;
    return done();
  }
  FaultReport try_ticking() {
    return try_every_fault({.name = "wait, one tick",
                            .begin = [] {},
                            .act = [this] { return wait_for(Wake::kTick); },
                            .again = [this] { return wait_again(); }});
  }
  FaultReport try_signal() {
    return try_every_fault({.name = "wait, one signal",
                            .begin =
                                [this] {
                                  ::raise(SIGHUP);
                                  owes_signal = true;
                                },
                            .act =
                                [this] {
                                  const Outcome told = wait_for(Wake::kReload);
                                  owes_signal = told.kind != Outcome::Kind::kDone;
                                  return told;
                                },
                            .again = [this] { return wait_again(); },
                            .tells_garbage = false});
  }
  FaultReport try_making() {
    return try_every_fault({.name = "wait, made",
                            .begin = [] {},
                            .act = [this] { return make(); },
                            .again =
                                [this] {
                                  const Outcome made = make();
                                  return made.kind == Outcome::Kind::kDone ? wait_again() : made;
                                }});
  }
};

int set_up(void** state) {
  auto* bench = new Bench;
  *state = bench;
  return bench->make().kind == Outcome::Kind::kDone ? 0 : -1;
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

Outcome read_clock_once() {
  const LinuxClock clock;
  const std::chrono::nanoseconds wall = clock.wall();
  static_cast<void>(clock.utc_offset(wall));
  constexpr std::chrono::nanoseconds kBoot{0};
  return clock.monotonic() >= kBoot && clock.since_boot() >= kBoot ? done() : wrong("a time before the boot");
}

void the_next_tick_comes(void** state) { assert_survived(get(state).try_ticking()); }
void a_signal_is_told(void** state) { assert_survived(get(state).try_signal()); }
void a_wait_is_made_or_says_why_not(void** state) { assert_survived(get(state).try_making()); }
void a_clock_that_leaps_is_read(void**) {
  assert_survived(try_every_fault({.name = "clock", .begin = [] {}, .act = read_clock_once, .again = read_clock_once}));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_next_tick_comes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_signal_is_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_wait_is_made_or_says_why_not, set_up, tear_down),
    cmocka_unit_test(a_clock_that_leaps_is_read),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
