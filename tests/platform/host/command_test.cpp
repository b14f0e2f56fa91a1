#include "platform/host/command.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::Command;
using epsilond::platform::CommandEnd;
using epsilond::platform::CommandNews;
using epsilond::platform::ErrorCode;
using epsilond::platform::Result;
using epsilond::tests::TempTree;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::nanoseconds kNever = hours(1000);

struct Bench {
  TempTree tree;
  std::string ready = tree.path() + "/ready";
  std::string data = tree.path() + "/data";
  std::unique_ptr<Command> command;
};

int make_bench(void** state) {
  // Whoever started the test may have had them ignored, and a shell cannot trap what it began with ignored.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_DFL);
  *state = new Bench();
  return 0;
}
int destroy_bench(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

// The error of a start that fails; kIo, which start() never gives, where it does not.
ErrorCode failure_of(std::vector<const char*> words, std::chrono::nanoseconds interval = kNever) {
  const Result<std::unique_ptr<Command>> command = Command::start(words, interval);
  return command ? ErrorCode::kIo : command.error().code;
}

bool start(Bench& bench, std::vector<const char*> words, std::chrono::nanoseconds interval = kNever) {
  Result<std::unique_ptr<Command>> command = Command::start(words, interval);
  if (command) bench.command = std::move(*command);
  return static_cast<bool>(command);
}

// "$1" is bench.ready.
bool start_shell(Bench& bench, const char* script, std::chrono::nanoseconds interval = kNever) {
  return start(bench, {"sh", "-c", script, "sh", bench.ready.c_str()}, interval);
}

void expect(Bench& bench, CommandNews expected) {
  const Result<CommandNews> news = bench.command->wait();
  assert_true(static_cast<bool>(news));
  assert_int_equal(*news, expected);
}

CommandEnd end_of(Bench& bench) {
  expect(bench, CommandNews::kEnded);
  return bench.command->reap();
}

// Whether this process can be made the parent of its orphans. Not in qemu 7.2: prctl() fails with EINVAL there, and
// what a child leaves behind has a getppid() of 1.
bool orphans_come_here() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) != 0) return false;
  return ::prctl(PR_SET_CHILD_SUBREAPER, 0UL, 0UL, 0UL, 0UL) == 0;
}

// Waits until the command has made its file: its traps are set by then.
void wait_until_ready(const Bench& bench) {
  for (int i = 0; i < 10000 && ::access(bench.ready.c_str(), F_OK) != 0; ++i) ::usleep(1000);
}

void what_the_command_returns_is_known(void** state) {
  assert_true(start_shell(get(state), "exit 7"));
  const CommandEnd end = end_of(get(state));
  assert_int_equal(end.status, 7);
  assert_int_equal(end.signal, 0);
}

void what_killed_the_command_is_known(void** state) {
  assert_true(start_shell(get(state), "kill -9 $$"));
  const CommandEnd end = end_of(get(state));
  assert_int_equal(end.status, 128 + SIGKILL);
  assert_int_equal(end.signal, SIGKILL);
}

void a_command_that_is_not_there_is_not_found(void**) {
  assert_int_equal(failure_of({"/nowhere/at/all"}), ErrorCode::kNotFound);
  assert_int_equal(failure_of({"no-such-command-of-anybody"}), ErrorCode::kNotFound);
}

void what_cannot_be_executed_is_refused(void** state) {
  get(state).tree.write("data", "no program\n");
  assert_int_equal(failure_of({get(state).data.c_str()}), ErrorCode::kPermission);
  assert_int_equal(failure_of({"/"}), ErrorCode::kPermission);
}

void no_command_and_no_interval_are_invalid(void**) {
  assert_int_equal(failure_of({}), ErrorCode::kInvalid);
  assert_int_equal(failure_of({"true"}, milliseconds(0)), ErrorCode::kInvalid);
}

void the_clock_ticks_while_the_command_runs(void** state) {
  assert_true(start_shell(get(state), "exec sleep 100", milliseconds(5)));
  for (int i = 0; i < 3; ++i) expect(get(state), CommandNews::kTick);
  // A tick is never early; on a busy machine several may be told as one, late.
  assert_true(get(state).command->elapsed() >= milliseconds(15));
  ::kill(get(state).command->pid(), SIGKILL);
  while (true) {
    const Result<CommandNews> news = get(state).command->wait();
    assert_true(static_cast<bool>(news));
    if (*news == CommandNews::kEnded) break;
  }
  assert_int_equal(get(state).command->reap().signal, SIGKILL);
}

void signals_are_passed_on(void** state) {
  assert_true(start_shell(get(state),
                          "for s in TERM INT HUP QUIT USR1 USR2 WINCH; do trap 'n=${n}x' $s; done; : > $1;"
                          "while [ ${#n} -lt 7 ]; do sleep 0.01; done; exit ${#n}"));
  wait_until_ready(get(state));
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}) ::raise(signal);
  assert_int_equal(end_of(get(state)).status, 7);
}

void a_command_that_ignores_a_signal_goes_on(void** state) {
  assert_true(start_shell(get(state), "trap '' TERM; : > $1; sleep 0.1; exit 5"));
  wait_until_ready(get(state));
  ::raise(SIGTERM);
  assert_int_equal(end_of(get(state)).status, 5);
}

void orphans_are_reaped_and_counted(void** state) {
  if (!orphans_come_here()) skip();
  // The inner shell uses some processor time as nobody's child, and ends before the command does.
  assert_true(start_shell(get(state), "sh -c '(i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done) &'; sleep 1"));
  assert_int_equal(end_of(get(state)).status, 0);
  assert_false(get(state).command->has_descendants());
  const auto usage = get(state).command->usage();
  assert_true(usage.user_s + usage.system_s > 0.0);
}

void the_last_of_those_that_outlive_the_command_is_told(void** state) {
  if (!orphans_come_here()) skip();
  assert_true(start_shell(get(state), "sleep 0.2 & exit 3"));
  assert_int_equal(end_of(get(state)).status, 3);
  assert_true(get(state).command->has_descendants());
  expect(get(state), CommandNews::kAllEnded);
  assert_false(get(state).command->has_descendants());
}

void after_the_command_a_signal_means_stop(void** state) {
  if (!orphans_come_here()) skip();
  assert_true(start_shell(get(state), "sleep 2 & exit 0"));
  static_cast<void>(end_of(get(state)));
  ::raise(SIGTERM);
  expect(get(state), CommandNews::kStop);
}

void the_command_has_the_signals_of_its_caller(void** state) {
  ::signal(SIGPIPE, SIG_IGN);
  assert_true(start_shell(get(state), "kill -PIPE $$; exit 1"));  // ends by it, if it is not ignored or blocked
  const CommandEnd end = end_of(get(state));
  ::signal(SIGPIPE, SIG_DFL);
  assert_int_equal(end.signal, SIGPIPE);
}

void the_end_of_the_object_puts_signals_back(void** state) {
  sigset_t before{};
  ::sigprocmask(SIG_BLOCK, nullptr, &before);
  assert_true(start(get(state), {"true"}));
  static_cast<void>(end_of(get(state)));
  get(state).command.reset();
  sigset_t after{};
  ::sigprocmask(SIG_BLOCK, nullptr, &after);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD, SIGWINCH})
    assert_int_equal(sigismember(&after, signal), sigismember(&before, signal));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(what_the_command_returns_is_known, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(what_killed_the_command_is_known, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(a_command_that_is_not_there_is_not_found, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(what_cannot_be_executed_is_refused, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(no_command_and_no_interval_are_invalid, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(the_clock_ticks_while_the_command_runs, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(signals_are_passed_on, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(a_command_that_ignores_a_signal_goes_on, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(orphans_are_reaped_and_counted, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(the_last_of_those_that_outlive_the_command_is_told, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(after_the_command_a_signal_means_stop, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(the_command_has_the_signals_of_its_caller, make_bench, destroy_bench),
    cmocka_unit_test_setup_teardown(the_end_of_the_object_puts_signals_back, make_bench, destroy_bench),
};
EPSILOND_TEST_MAIN(kTests)
