#include "platform/host/wait.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <utility>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::Result;
using epsilond::platform::Waiter;
using epsilond::platform::Wake;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr nanoseconds kNever = hours(10000);

int ppoll_failures = 0;  // so many calls from now on fail for want of memory

int make_waiter(void** state, nanoseconds interval) {
  Result<std::unique_ptr<Waiter>> waiter = Waiter::make(interval);
  if (!waiter) return -1;
  *state = waiter->release();
  return 0;
}
int make_idle(void** state) { return make_waiter(state, kNever); }
int make_ticking(void** state) { return make_waiter(state, milliseconds(5)); }
int destroy(void** state) {
  delete static_cast<Waiter*>(*state);
  return 0;
}
Waiter& get(void** state) { return *static_cast<Waiter*>(*state); }

void expect(Waiter& waiter, Wake expected) {
  const Result<Wake> wake = waiter.wait();
  assert_true(static_cast<bool>(wake));
  assert_int_equal(*wake, expected);
}

nanoseconds monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

// Returns after at least `count` more whole multiples of `interval`; a test may be slower than that, never faster.
void pass_ticks(nanoseconds interval, int count) {
  const auto start = monotonic_now() / interval;
  while (monotonic_now() / interval < start + count) {
  }
}

// A pipe that is ready to be read if `ready`.
struct Pipe {
  int ends[2] = {-1, -1};
  explicit Pipe(bool ready) {
    if (::pipe(ends) == 0 && ready) (void)!::write(ends[1], "x", 1);
  }
  void close() const {
    ::close(ends[0]);
    ::close(ends[1]);
  }
};

void each_signal_wakes_with_its_meaning(void** state) {
  const std::pair<int, Wake> cases[] = {
      {SIGTERM, Wake::kStop}, {SIGINT, Wake::kStop}, {SIGHUP, Wake::kReload}, {SIGUSR1, Wake::kSaveState}};
  for (const auto& [signal, wake] : cases) {
    ::raise(signal);
    expect(get(state), wake);
  }
}

void a_signal_sent_to_the_process_wakes(void** state) {
  ::kill(::getpid(), SIGHUP);
  expect(get(state), Wake::kReload);
}

void two_signals_wake_twice(void** state) {
  ::raise(SIGUSR1);
  ::raise(SIGHUP);
  const Result<Wake> first = get(state).wait();
  const Result<Wake> second = get(state).wait();
  assert_true(first && second);
  assert_true((*first == Wake::kReload && *second == Wake::kSaveState) ||
              (*first == Wake::kSaveState && *second == Wake::kReload));
}

void ticks_come(void** state) {
  for (int i = 0; i < 3; ++i) expect(get(state), Wake::kTick);
}

void a_signal_comes_before_a_tick_that_is_due(void** state) {
  pass_ticks(milliseconds(5), 2);
  ::raise(SIGTERM);
  expect(get(state), Wake::kStop);
  expect(get(state), Wake::kTick);
}

// Somebody who sends one after another, as fast as we take them.
void a_storm_of_signals_keeps_no_tick_away(void** state) {
  pass_ticks(milliseconds(5), 2);
  for (const Wake wake : {Wake::kReload, Wake::kTick, Wake::kReload}) {
    ::raise(SIGHUP);
    expect(get(state), wake);
  }
}

// As ppoll(2) says that it may have.
void a_kernel_without_memory_for_the_wait_is_waited_for(void** state) {
  const Pipe ready(true);
  pollfd others[] = {{ready.ends[0], POLLIN, POLLIN}};
  ppoll_failures = 3;
  const Result<Wake> wake = get(state).wait(others);
  ready.close();
  assert_true(static_cast<bool>(wake));
  assert_true(*wake == Wake::kOther || *wake == Wake::kTick);
  assert_true(ppoll_failures < 3);
}

void a_limit_below_what_is_open_stops_no_tick(void** state) {
  ppoll_failures = 0;
  rlimit before{};
  assert_int_equal(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  assert_int_equal(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Result<Wake> wake = get(state).wait();
  assert_int_equal(::setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_true(wake && *wake == Wake::kTick);
}

void signals_are_heard_without_memory_for_the_wait(void** state) {
  ppoll_failures = 1000;
  ::raise(SIGTERM);
  expect(get(state), Wake::kStop);
  ppoll_failures = 0;
}

void what_came_before_the_first_waiter_was_made_wakes_it(void**) {
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, nullptr, &before);
  epsilond::platform::hold_signals();
  ::raise(SIGHUP);
  void* state = nullptr;
  assert_int_equal(make_idle(&state), 0);
  expect(get(&state), Wake::kReload);
  destroy(&state);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

void ticks_that_passed_are_counted_and_not_made_up_for(void** state) {
  constexpr nanoseconds kInterval = milliseconds(5);
  const auto start = monotonic_now() / kInterval;
  assert_true(static_cast<bool>(get(state).set_interval(kInterval)));
  expect(get(state), Wake::kTick);
  pass_ticks(kInterval, 10);
  for (int i = 0; i < 5; ++i) expect(get(state), Wake::kTick);
  // Six wakes while at least ten multiples passed: each multiple is either a wake or a miss, and none is both.
  const std::uint64_t missed = get(state).missed_ticks();
  assert_true(missed >= 9);
  assert_true(static_cast<std::int64_t>(missed) + 6 <= monotonic_now() / kInterval - start);
}

void a_new_interval_takes_effect_at_once(void** state) {
  assert_true(static_cast<bool>(get(state).set_interval(milliseconds(2))));
  expect(get(state), Wake::kTick);
}

void another_descriptor_wakes_with_its_events(void** state) {
  const Pipe quiet(false);
  const Pipe ready(true);
  pollfd others[] = {{quiet.ends[0], POLLIN, 0}, {-1, POLLIN, 0}, {ready.ends[0], POLLIN, 0}};
  const Result<Wake> wake = get(state).wait(others);
  quiet.close();
  ready.close();
  assert_true(static_cast<bool>(wake));
  assert_int_equal(*wake, Wake::kOther);
  assert_int_equal(others[0].revents, 0);
  assert_int_equal(others[1].revents, 0);
  assert_int_equal(others[2].revents, POLLIN);
}

void a_tick_that_is_due_comes_before_another_descriptor(void** state) {
  const Pipe ready(true);
  pollfd others[] = {{ready.ends[0], POLLIN, 0}};
  pass_ticks(milliseconds(5), 2);
  const Result<Wake> first = get(state).wait(others);
  const Result<Wake> second = get(state).wait(others);
  ready.close();
  assert_true(first && second);
  assert_int_equal(*first, Wake::kTick);
  assert_true(*second == Wake::kOther || *second == Wake::kTick);
}

void waiting_for_others_ends_when_their_time_is_up(void** state) {
  const Pipe quiet(false);
  pollfd others[] = {{quiet.ends[0], POLLIN, 0}};
  const Result<Wake> wake = get(state).wait(others, milliseconds(1));
  quiet.close();
  assert_true(static_cast<bool>(wake));
  assert_int_equal(*wake, Wake::kOther);
  assert_int_equal(others[0].revents, 0);
}

void an_interval_must_be_positive(void** state) {
  for (const nanoseconds interval : {nanoseconds(0), nanoseconds(-1)}) {
    const Result<void> set = get(state).set_interval(interval);
    assert_false(static_cast<bool>(set));
    assert_int_equal(set.error().code, ErrorCode::kInvalid);
  }
}

bool can_make(nanoseconds interval) { return static_cast<bool>(Waiter::make(interval)); }

void a_waiter_without_an_interval_is_not_made(void**) {
  assert_false(can_make(nanoseconds(0)));
  assert_true(can_make(milliseconds(1)));
}

bool blocked(int signal) {
  sigset_t mask;
  ::sigprocmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

bool is_ignored(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}
bool writes_are_told() { return is_ignored(SIGPIPE) && is_ignored(SIGXFSZ); }

void its_end_puts_the_signals_back(void**) {
  void* state = nullptr;
  assert_int_equal(make_idle(&state), 0);
  assert_true(blocked(SIGTERM) && blocked(SIGHUP) && writes_are_told());
  destroy(&state);
  assert_false(blocked(SIGTERM) || blocked(SIGHUP) || is_ignored(SIGPIPE) || is_ignored(SIGXFSZ));
}

// Ticks of 10 s may be 10 ms late and ticks of 100 ms 1 ms, so that the kernel can wake us together with others.
void ticks_have_a_slack_that_its_end_takes_back(void**) {
  const int before = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  const std::pair<nanoseconds, int> cases[] = {{std::chrono::seconds(10), 10'000'000}, {milliseconds(100), 1'000'000}};
  for (const auto& [interval, expected] : cases) {
    void* state = nullptr;
    assert_int_equal(make_waiter(&state, interval), 0);
    const int slack = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    destroy(&state);
    assert_int_equal(slack, expected);
    assert_int_equal(::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), before);
  }
}

// After a reload too.
void a_new_interval_has_its_own_slack(void**) {
  const int before = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  void* state = nullptr;
  assert_int_equal(make_waiter(&state, std::chrono::seconds(10)), 0);
  const bool set = static_cast<bool>(get(&state).set_interval(milliseconds(100)));
  const int slack = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  const bool refused = !get(&state).set_interval(milliseconds(0));
  const int kept = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  destroy(&state);
  assert_true(set && refused);
  assert_int_equal(slack, 1'000'000);
  assert_int_equal(kept, 1'000'000);
  assert_int_equal(::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), before);
}

void a_failed_make_leaves_signals_and_slack_alone(void**) {
  const int before = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  assert_false(can_make(nanoseconds(-5)));
  assert_int_equal(::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), before);
  assert_false(blocked(SIGTERM) || is_ignored(SIGPIPE));
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming): the linker's and the C library's names.
extern "C" int __real_ppoll(pollfd* rows, nfds_t count, const timespec* limit, const sigset_t* mask);
extern "C" int __wrap_ppoll(pollfd* rows, nfds_t count, const timespec* limit, const sigset_t* mask) {
  if (ppoll_failures == 0) return __real_ppoll(rows, count, limit, mask);
  --ppoll_failures;
  errno = ENOMEM;
  return -1;
}
// With _FORTIFY_SOURCE.
extern "C" int __wrap___ppoll_chk(pollfd* rows, nfds_t count, const timespec* limit, const sigset_t* mask,
                                  std::size_t) {
  return __wrap_ppoll(rows, count, limit, mask);
}
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(each_signal_wakes_with_its_meaning, make_idle, destroy),
    cmocka_unit_test_setup_teardown(a_signal_sent_to_the_process_wakes, make_idle, destroy),
    cmocka_unit_test_setup_teardown(two_signals_wake_twice, make_idle, destroy),
    cmocka_unit_test_setup_teardown(ticks_come, make_ticking, destroy),
    cmocka_unit_test_setup_teardown(a_signal_comes_before_a_tick_that_is_due, make_ticking, destroy),
    cmocka_unit_test_setup_teardown(a_storm_of_signals_keeps_no_tick_away, make_ticking, destroy),
    cmocka_unit_test_setup_teardown(a_kernel_without_memory_for_the_wait_is_waited_for, make_ticking, destroy),
    cmocka_unit_test_setup_teardown(a_limit_below_what_is_open_stops_no_tick, make_ticking, destroy),
    cmocka_unit_test_setup_teardown(signals_are_heard_without_memory_for_the_wait, make_idle, destroy),
    cmocka_unit_test(what_came_before_the_first_waiter_was_made_wakes_it),
    cmocka_unit_test_setup_teardown(ticks_that_passed_are_counted_and_not_made_up_for, make_ticking, destroy),
    cmocka_unit_test_setup_teardown(a_new_interval_takes_effect_at_once, make_idle, destroy),
    cmocka_unit_test_setup_teardown(another_descriptor_wakes_with_its_events, make_idle, destroy),
    cmocka_unit_test_setup_teardown(a_tick_that_is_due_comes_before_another_descriptor, make_ticking, destroy),
    cmocka_unit_test_setup_teardown(waiting_for_others_ends_when_their_time_is_up, make_idle, destroy),
    cmocka_unit_test_setup_teardown(an_interval_must_be_positive, make_idle, destroy),
    cmocka_unit_test(a_waiter_without_an_interval_is_not_made),
    cmocka_unit_test(its_end_puts_the_signals_back),
    cmocka_unit_test(ticks_have_a_slack_that_its_end_takes_back),
    cmocka_unit_test(a_new_interval_has_its_own_slack),
    cmocka_unit_test(a_failed_make_leaves_signals_and_slack_alone),
};
EPSILOND_TEST_MAIN(kTests)
