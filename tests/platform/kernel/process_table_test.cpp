#include "platform/kernel/process_table.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "tests/platform/kernel/kernel_test_state.h"
#include "tests/platform/kernel/opened_proc.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::ProcessTable;
using epsilond::platform::Result;
using epsilond::tests::drop;
using epsilond::tests::kNoDeadline;
using epsilond::tests::open_host;
using epsilond::tests::open_tree;
using epsilond::tests::OpenedProc;
using epsilond::tests::ticking_cpu_clock;

namespace {

constexpr std::chrono::nanoseconds kNoBudget{0};

using State = OpenedProc<ProcessTable, ticking_cpu_clock>;

constexpr auto set_up = open_tree<State, 1>;
constexpr auto set_up_host = open_host<State>;
constexpr auto tear_down = drop<State>;

State& state_of(void** state) { return *static_cast<State*>(*state); }
ProcessTable& table_of(void** state) { return *state_of(state).reader; }

// Slices with no budget until a pass is complete; how many it took.
std::uint64_t slices_of_a_pass(ProcessTable& table) {
  const std::uint64_t before = table.passes();
  std::uint64_t slices = 0;
  while (table.passes() == before && slices < 100'000) {
    (void)table.scan(kNoBudget);
    ++slices;
  }
  return slices;
}

void nothing_is_known_before_the_first_pass_ends(void** state) {
  state_of(state).tree.add_processes(2, 100);
  assert_true(static_cast<bool>(table_of(state).scan(kNoBudget)));
  assert_false(table_of(state).counts().processes.has_value());
  assert_false(table_of(state).counts().blocked.has_value());
  assert_false(table_of(state).counts().zombies.has_value());
}

void a_first_pass_without_zombies_knows_there_are_none(void** state) {
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_int_equal(*table_of(state).counts().zombies, 0);
  assert_int_equal(*table_of(state).counts().processes, 1);
}

void a_first_pass_with_zombies_does_not_know_yet(void** state) {
  state_of(state).tree.add_process(7, 'Z');
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_false(table_of(state).counts().zombies.has_value());
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_int_equal(*table_of(state).counts().zombies, 1);
}

void a_zombie_of_a_moment_is_not_counted(void** state) {
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  state_of(state).tree.add_process(7, 'Z');
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_int_equal(*table_of(state).counts().zombies, 0);
  state_of(state).tree.remove_process(7);
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_int_equal(*table_of(state).counts().zombies, 0);
}

void a_number_used_again_is_another_process(void** state) {
  state_of(state).tree.add_process(7, 'Z', 500);
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  state_of(state).tree.add_process(7, 'Z', 501);
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_int_equal(*table_of(state).counts().zombies, 0);
}

void a_process_whose_first_thread_has_ended_is_no_zombie(void** state) {
  state_of(state).tree.add_process(7, 'Z', 500, 3);
  state_of(state).tree.add_process(8, 'Z', 500, 0);
  (void)table_of(state).scan(kNoDeadline);
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_int_equal(*table_of(state).counts().zombies, 1);
}

void blocked_processes_are_those_in_state_d(void** state) {
  state_of(state).tree.add_process(7, 'D');
  state_of(state).tree.add_process(8, 'D');
  state_of(state).tree.add_process(9, 'I');
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_int_equal(*table_of(state).counts().blocked, 2);
  assert_int_equal(*table_of(state).counts().processes, 4);
}

void slices_without_any_budget_get_round_and_miss_nobody(void** state) {
  constexpr int kProcesses = 5000;
  constexpr int kZombies = 100;
  state_of(state).tree.add_processes(2, kProcesses - kZombies);
  state_of(state).tree.add_processes(kProcesses - kZombies + 1, kProcesses, 'Z');
  const std::uint64_t slices = slices_of_a_pass(table_of(state));
  assert_int_equal(*table_of(state).counts().processes, kProcesses);
  assert_in_range(slices, kProcesses / ProcessTable::kLeastPerSlice, kProcesses / ProcessTable::kLeastPerSlice + 1);
  slices_of_a_pass(table_of(state));
  assert_int_equal(*table_of(state).counts().zombies, kZombies);
}

void the_length_of_a_pass_is_stated_in_slices(void** state) {
  state_of(state).tree.add_processes(2, 100);
  assert_near(table_of(state).slices_per_pass(), 1.0, 0, 0);
  const std::uint64_t slices = slices_of_a_pass(table_of(state));
  assert_near(table_of(state).slices_per_pass(), static_cast<double>(slices), 0, 0);
  (void)table_of(state).scan(kNoDeadline);
  assert_near(table_of(state).slices_per_pass(), 1.0, 0, 0);
}

void counts_stay_while_the_next_pass_is_under_way(void** state) {
  state_of(state).tree.add_processes(2, 100, 'D');
  slices_of_a_pass(table_of(state));
  (void)table_of(state).scan(kNoBudget);
  assert_int_equal(*table_of(state).counts().blocked, 99);
}

void a_larger_budget_takes_fewer_slices(void** state) {
  state_of(state).tree.add_processes(2, 400);
  const std::uint64_t without = slices_of_a_pass(table_of(state));
  std::uint64_t with = 0;
  for (const std::uint64_t pass = table_of(state).passes(); table_of(state).passes() == pass; ++with)
    (void)table_of(state).scan(ticking_cpu_clock() + std::chrono::microseconds(20));
  assert_true(with * 4 < without);
}

void the_clock_is_read_at_few_looks(void** state) {
  state_of(state).tree.add_processes(2, 400);
  const std::chrono::nanoseconds before = ticking_cpu_clock();
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  const auto readings = (ticking_cpu_clock() - before) / std::chrono::microseconds(1) - 1;
  assert_int_equal(readings, (400 - ProcessTable::kLeastPerSlice - 1) / 16 + 1);
}

void zombies_beyond_the_table_are_recognised_by_number(void** state) {
  constexpr int kZombies = static_cast<int>(ProcessTable::kKnownZombies) + 300;
  state_of(state).tree.add_processes(10, 9 + kZombies, 'Z');
  (void)table_of(state).scan(kNoDeadline);
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  // A directory in files may be listed in another order after a change, so nothing is changed here.
  assert_int_equal(*table_of(state).counts().zombies, kZombies);
}

void a_list_without_process_1_has_hidden_processes(void** state) {
  state_of(state).tree.remove_process(1);
  state_of(state).tree.add_process(4711);
  const Result<void> scanned = table_of(state).scan(kNoDeadline);
  assert_int_equal(scanned.error().code, ErrorCode::kPermission);
  assert_string_equal(scanned.error().context.c_str(), "process scan: other users' processes are hidden");
  assert_false(table_of(state).counts().processes.has_value());
  assert_false(table_of(state).counts().zombies.has_value());
}

void an_empty_list_is_an_error(void** state) {
  state_of(state).tree.remove_process(1);
  assert_int_equal(table_of(state).scan(kNoDeadline).error().code, ErrorCode::kUnavailable);
}

void a_process_that_makes_no_sense_leaves_the_states_unknown(void** state) {
  state_of(state).tree.write("proc/77/stat", "77 (x) S one two three\n");
  const Result<void> scanned = table_of(state).scan(kNoDeadline);
  assert_int_equal(scanned.error().code, ErrorCode::kMalformed);
  assert_int_equal(*table_of(state).counts().processes, 2);
  assert_false(table_of(state).counts().blocked.has_value());
}

void names_that_are_no_process_are_passed_over(void** state) {
  for (const char* name : {"proc/12x/stat", "proc/x12/stat", "proc/0/stat", "proc/99999999999/stat"})
    state_of(state).tree.write(name, "nonsense\n");
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_int_equal(*table_of(state).counts().processes, 1);
}

// Children of this test that have ended and wait to be reaped. The tree shows them, and nobody else, through links to
// the kernel's own files, so that other programs on this machine do not matter.
std::array<pid_t, 8> children{};

void make_zombies(State& test) {
  for (pid_t& child : children) {
    child = fork();
    if (child == 0) _exit(0);
    siginfo_t ended;
    waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
    const std::string pid = std::to_string(child);
    test.tree.link("proc/" + pid, "/proc/" + pid);
  }
}

void reap_children() {
  for (pid_t& child : children)
    if (std::exchange(child, 0) > 0) waitpid(-1, nullptr, 0);
}

int tear_down_children(void** state) {
  reap_children();
  return tear_down(state);
}

void zombies_of_the_kernel_are_counted_at_the_second_look_until_reaped(void** state) {
  ProcessTable& table = table_of(state);
  assert_true(static_cast<bool>(table.scan(kNoDeadline)));
  make_zombies(state_of(state));
  assert_true(static_cast<bool>(table.scan(kNoDeadline)));
  assert_int_equal(*table.counts().zombies, 0);
  assert_true(static_cast<bool>(table.scan(kNoDeadline)));
  assert_int_equal(*table.counts().zombies, children.size());
  reap_children();
  assert_true(static_cast<bool>(table.scan(kNoDeadline)));
  assert_int_equal(*table.counts().zombies, 0);
  assert_int_equal(*table.counts().processes, 1);
}

void this_process_is_among_those_counted(void** state) {
  assert_true(static_cast<bool>(table_of(state).scan(kNoDeadline)));
  assert_true(*table_of(state).counts().processes >= 2);
}

void the_default_clock_is_processor_time(void**) {
  const std::chrono::nanoseconds before = epsilond::platform::thread_cpu_time();
  volatile unsigned work = 0;
  for (unsigned i = 0; i < 2'000'000; ++i) work = work + i;
  assert_true(epsilond::platform::thread_cpu_time() > before);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(nothing_is_known_before_the_first_pass_ends, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_first_pass_without_zombies_knows_there_are_none, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_first_pass_with_zombies_does_not_know_yet, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_zombie_of_a_moment_is_not_counted, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_number_used_again_is_another_process, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_process_whose_first_thread_has_ended_is_no_zombie, set_up, tear_down),
    cmocka_unit_test_setup_teardown(blocked_processes_are_those_in_state_d, set_up, tear_down),
    cmocka_unit_test_setup_teardown(slices_without_any_budget_get_round_and_miss_nobody, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_length_of_a_pass_is_stated_in_slices, set_up, tear_down),
    cmocka_unit_test_setup_teardown(counts_stay_while_the_next_pass_is_under_way, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_larger_budget_takes_fewer_slices, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_clock_is_read_at_few_looks, set_up, tear_down),
    cmocka_unit_test_setup_teardown(zombies_beyond_the_table_are_recognised_by_number, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_list_without_process_1_has_hidden_processes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_empty_list_is_an_error, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_process_that_makes_no_sense_leaves_the_states_unknown, set_up, tear_down),
    cmocka_unit_test_setup_teardown(names_that_are_no_process_are_passed_over, set_up, tear_down),
    cmocka_unit_test_setup_teardown(zombies_of_the_kernel_are_counted_at_the_second_look_until_reaped, set_up,
                                    tear_down_children),
    cmocka_unit_test_setup_teardown(this_process_is_among_those_counted, set_up_host, tear_down),
    cmocka_unit_test(the_default_clock_is_processor_time),
};
EPSILOND_TEST_MAIN(kTests)
