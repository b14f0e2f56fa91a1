// Trees of processes whose every number the test chooses.

#include "platform/watch/process_tree.h"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "tests/platform/kernel/kernel_test_state.h"
#include "tests/platform/kernel/made_process.h"
#include "tests/support/alloc_guard.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::ProcessTree;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::platform::TreeRoots;
using epsilond::platform::UsageField;
using epsilond::tests::put;
using epsilond::tests::put_descriptors;
using epsilond::tests::put_io;
using epsilond::tests::put_memory;
using epsilond::tests::TempTree;

namespace {

const double kPage = static_cast<double>(sysconf(_SC_PAGESIZE));
const double kTicks = static_cast<double>(sysconf(_SC_CLK_TCK));

// Goes on by 10 ms each time it is read: a deadline of 0 has passed at the first look.
std::chrono::nanoseconds slow_cpu_clock() {
  static std::chrono::nanoseconds now{0};
  now += std::chrono::milliseconds(10);
  return now;
}

struct State {
  TempTree tree;
  std::unique_ptr<ProcRoot> root;
  std::unique_ptr<ProcessTree> watched;
  std::chrono::seconds now{10'000};

  void open(const TreeRoots& roots) {
    Result<ProcRoot> made = ProcRoot::make(tree.path());
    if (!made) return;
    root = std::make_unique<ProcRoot>(std::move(*made));
    watched = std::make_unique<ProcessTree>(*root, roots, slow_cpu_clock);
  }
  void open_comm(const char* comm) {
    TreeRoots roots;
    roots.comm = std::string_view(comm);
    open(roots);
  }
  void open_pid(std::int32_t pid, bool itself = true) {
    TreeRoots roots;
    roots.pid = pid;
    roots.itself = itself;
    open(roots);
  }
  // A second later everything is looked at.
  void look() {
    now += std::chrono::seconds(1);
    (void)watched->find();
    (void)watched->read(now);
  }
  double value(UsageField field) const {
    return watched->usage().has(field) ? watched->usage().value(field) : -1.0;
  }
  double ticks() const { return value(UsageField::kUserSeconds) * kTicks; }
};

int set_up(void** state) {
  auto* const made = new State;
  put(made->tree, {.pid = 1, .comm = "init", .parent = 0});
  *state = made;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

// 10 with the children 11 and 12, and 13 below 12; 20 beside them.
void put_family(State& test) {
  put(test.tree, {.pid = 10, .comm = "server", .user_ticks = 100, .system_ticks = 10, .threads = 3, .pages = 1000});
  put(test.tree, {.pid = 11, .comm = "worker", .parent = 10, .user_ticks = 20, .pages = 200});
  put(test.tree, {.pid = 12, .comm = "worker", .parent = 10, .user_ticks = 30, .children_ticks = 5, .pages = 300});
  put(test.tree, {.pid = 13, .comm = "helper", .parent = 12, .user_ticks = 4, .system_ticks = 1, .pages = 40});
  put(test.tree, {.pid = 20, .comm = "other", .user_ticks = 7777, .pages = 7777});
}

void a_tree_is_summed_over_all_that_descend_from_its_root(void** state) {
  State& test = state_of(state);
  put_family(test);
  test.open_pid(10);
  test.look();
  assert_near(test.value(UsageField::kProcesses), 4, 0, 0);
  assert_near(test.value(UsageField::kThreads), 6, 0, 0);
  assert_near(test.value(UsageField::kRssBytes), 1540 * kPage, 0, 0);
  assert_near(test.value(UsageField::kVmemBytes), 4 * 4096, 0, 0);
  assert_near(test.ticks(), 100 + 20 + 30 + 5 + 4, 1e-9, 0);
  assert_near(test.value(UsageField::kSystemSeconds) * kTicks, 11, 1e-9, 0);
}

void the_root_itself_may_be_left_out(void** state) {
  State& test = state_of(state);
  put_family(test);
  test.open_pid(10, false);
  test.look();
  assert_near(test.value(UsageField::kProcesses), 3, 0, 0);
  assert_near(test.value(UsageField::kRssBytes), 540 * kPage, 0, 0);
}

void all_of_one_name_are_roots_and_each_process_counts_once(void** state) {
  State& test = state_of(state);
  put_family(test);
  put(test.tree, {.pid = 14, .comm = "worker", .parent = 13, .pages = 5});
  put(test.tree, {.pid = 21, .comm = "worker", .parent = 20, .pages = 2});
  test.open_comm("worker");
  test.look();
  assert_near(test.value(UsageField::kProcesses), 5, 0, 0);
  assert_near(test.value(UsageField::kRssBytes), (200 + 300 + 40 + 5 + 2) * kPage, 0, 0);
}

void a_name_matches_whole(void** state) {
  State& test = state_of(state);
  put_family(test);
  put(test.tree, {.pid = 22, .comm = "server2"});
  put(test.tree, {.pid = 23, .comm = "serve"});
  test.open_comm("server");
  test.look();
  assert_near(test.value(UsageField::kProcesses), 4, 0, 0);
}

void bytes_and_descriptors_are_summed(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const std::int32_t pid : {10, 11, 12, 13}) {
    put_io(test.tree, pid, 100 * pid, 1000 * pid, 7, 9);
    put_descriptors(test.tree, pid, 0, pid - 8);
  }
  test.open_pid(10);
  test.look();
  assert_near(test.value(UsageField::kReadBytes), 4600, 0, 0);
  assert_near(test.value(UsageField::kWriteBytes), 46000, 0, 0);
  assert_near(test.value(UsageField::kReadChars), 28, 0, 0);
  assert_near(test.value(UsageField::kWriteChars), 36, 0, 0);
  assert_near(test.value(UsageField::kDescriptors), 3 + 4 + 5 + 6, 0, 0);
}

void what_one_process_does_not_tell_is_absent_of_all(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const std::int32_t pid : {10, 11, 13}) put_io(test.tree, pid, 1, 1);
  test.open_pid(10);
  test.look();
  assert_false(test.watched->usage().has(UsageField::kReadBytes));
  assert_true(test.watched->usage().has(UsageField::kUserSeconds));
}

void memory_is_measured_one_by_one(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const std::int32_t pid : {10, 11, 12, 13}) put_memory(test.tree, pid, 100, pid);
  test.open_pid(10);
  test.look();
  for (int i = 0; i < 3; ++i) assert_true(test.watched->read_memory());
  test.look();
  assert_false(test.watched->usage().has(UsageField::kPssBytes));
  assert_true(test.watched->read_memory());
  assert_true(test.watched->memory_turn_over());
  test.look();
  assert_near(test.value(UsageField::kPssBytes), 400 * 1024, 0, 0);
  assert_near(test.value(UsageField::kSwapBytes), 46 * 1024, 0, 0);
  // The next turn begins with the first.
  put_memory(test.tree, 10, 1100, 0);
  assert_true(test.watched->read_memory());
  test.look();
  assert_near(test.value(UsageField::kPssBytes), 1400 * 1024, 0, 0);
}

void memory_may_be_measured_at_once(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const std::int32_t pid : {10, 11, 12, 13}) put_memory(test.tree, pid, 100, 0);
  test.open_pid(10);
  test.look();
  test.watched->read_all_memory();
  assert_near(test.value(UsageField::kPssBytes), 400 * 1024, 0, 0);
}

void without_rollups_swap_comes_from_the_status_file(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const char* pid : {"10", "11", "12", "13"})
    test.tree.write(std::string("proc/") + pid + "/status", "Name:\tx\nVmSwap:\t      3 kB\n");
  test.open_pid(10);
  test.look();
  test.watched->read_all_memory();
  assert_false(test.watched->usage().has(UsageField::kPssBytes));
  assert_near(test.value(UsageField::kSwapBytes), 12 * 1024, 0, 0);
}

void a_process_that_is_too_large_is_not_measured(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const std::int32_t pid : {10, 11, 12, 13}) put_memory(test.tree, pid, 100, 0);
  test.open_pid(10);
  test.look();
  const auto most = static_cast<std::uint64_t>(500 * kPage);
  for (int i = 0; i < 4; ++i) assert_true(test.watched->read_memory(most));
  test.look();
  assert_true(test.watched->memory_too_large());
  assert_false(test.watched->usage().has(UsageField::kPssBytes));
}

void a_blocked_process_keeps_the_memory_that_was_measured_before(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const std::int32_t pid : {10, 11, 12, 13}) put_memory(test.tree, pid, 100, 0);
  test.open_pid(10);
  test.look();
  test.watched->read_all_memory();
  put(test.tree, {.pid = 11, .comm = "worker", .state = 'D', .parent = 10});
  for (const std::int32_t pid : {10, 11, 12, 13}) put_memory(test.tree, pid, 200, 0);
  test.look();
  test.watched->read_all_memory();
  assert_near(test.value(UsageField::kPssBytes), 700 * 1024, 0, 0);
  put(test.tree, {.pid = 11, .comm = "worker", .parent = 10});
  test.look();
  test.watched->read_all_memory();
  assert_near(test.value(UsageField::kPssBytes), 800 * 1024, 0, 0);
}

void a_process_that_was_blocked_at_its_first_turn_leaves_the_sums_absent(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const std::int32_t pid : {10, 11, 12, 13}) put_memory(test.tree, pid, 100, 0);
  put(test.tree, {.pid = 11, .comm = "worker", .state = 'D', .parent = 10});
  test.open_pid(10);
  test.look();
  test.watched->read_all_memory();
  assert_false(test.watched->usage().has(UsageField::kPssBytes) || test.watched->usage().has(UsageField::kSwapBytes));
  put(test.tree, {.pid = 11, .comm = "worker", .parent = 10});
  test.look();
  assert_false(test.watched->usage().has(UsageField::kPssBytes));
  test.watched->read_all_memory();
  assert_near(test.value(UsageField::kPssBytes), 400 * 1024, 0, 0);
}

void a_zombie_is_no_process_but_its_time_counts(void** state) {
  State& test = state_of(state);
  put_family(test);
  test.open_pid(10);
  test.look();
  put(test.tree, {.pid = 11, .comm = "worker", .state = 'Z', .parent = 10, .user_ticks = 26, .pages = 0});
  test.look();
  assert_near(test.value(UsageField::kProcesses), 3, 0, 0);
  assert_near(test.value(UsageField::kThreads), 5, 0, 0);
  assert_near(test.ticks(), 165, 1e-9, 0);
}

void a_tree_that_is_gone_has_no_levels_and_keeps_its_counters(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 10, .comm = "server", .user_ticks = 100});
  test.open_comm("server");
  test.look();
  test.tree.remove_process(10);
  test.look();
  assert_false(test.watched->usage().has(UsageField::kProcesses));
  assert_false(test.watched->usage().has(UsageField::kRssBytes));
  assert_near(test.ticks(), 100, 1e-9, 0);
}

void a_restart_makes_no_counter_fall_or_leap(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 10, .comm = "server", .user_ticks = 100'000});
  test.open_comm("server");
  test.look();
  test.look();
  test.look();
  test.tree.remove_process(10);
  const auto born = static_cast<long>(kTicks) * static_cast<long>(test.now.count() + 1);
  put(test.tree, {.pid = 44, .comm = "server", .user_ticks = 3, .start_ticks = born});
  test.look();
  assert_near(test.ticks(), 100'003, 1e-6, 0);
}

void an_old_process_that_takes_the_name_brings_no_past(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 10, .comm = "server", .user_ticks = 5});
  put(test.tree, {.pid = 11, .comm = "launcher", .user_ticks = 100'000});
  test.open_comm("server");
  test.look();
  test.look();
  put(test.tree, {.pid = 11, .comm = "server", .user_ticks = 100'002});
  test.look();
  assert_near(test.ticks(), 5, 1e-6, 0);
  put(test.tree, {.pid = 11, .comm = "server", .user_ticks = 100'009});
  test.look();
  assert_near(test.ticks(), 12, 1e-6, 0);
}

void a_round_stretches_over_calls_when_the_budget_is_spent(void** state) {
  State& test = state_of(state);
  for (std::int32_t pid = 100; pid < 120; ++pid) put(test.tree, {.pid = pid, .comm = "server"});
  test.open_comm("server");
  (void)test.watched->find();
  const std::chrono::seconds now(10'000);
  assert_false(test.watched->read(now, std::chrono::nanoseconds{0}));
  assert_false(test.watched->usage().has(UsageField::kProcesses));
  assert_false(test.watched->read(now, std::chrono::nanoseconds{0}));
  assert_true(test.watched->read(now, std::chrono::nanoseconds{0}));
  assert_near(test.value(UsageField::kProcesses), 20, 0, 0);
}

void roots_may_change(void** state) {
  State& test = state_of(state);
  put_family(test);
  test.open_pid(12);
  test.look();
  assert_near(test.value(UsageField::kProcesses), 2, 0, 0);
  TreeRoots roots;
  roots.pid = 20;
  test.watched->set_roots(roots);
  test.look();
  assert_near(test.value(UsageField::kProcesses), 1, 0, 0);
}

void a_process_that_says_nonsense_is_no_member(void** state) {
  State& test = state_of(state);
  put_family(test);
  test.tree.write("proc/15/stat", "15 (server) S");
  test.open_comm("server");
  test.look();
  assert_near(test.value(UsageField::kProcesses), 4, 0, 0);
}

void reading_allocates_nothing(void** state) {
  State& test = state_of(state);
  put_family(test);
  for (const std::int32_t pid : {10, 11, 12, 13}) {
    put_memory(test.tree, pid, 100, 0);
    put_io(test.tree, pid, 1, 1);
  }
  test.open_pid(10);
  if (!epsilond::tests::allocations_are_counted()) skip();
  const std::size_t before = epsilond::tests::allocation_count();
  for (int i = 0; i < 10; ++i) {
    test.look();
    test.watched->read_all_memory();
  }
  assert_int_equal(epsilond::tests::allocation_count(), before);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_tree_is_summed_over_all_that_descend_from_its_root, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_root_itself_may_be_left_out, set_up, tear_down),
    cmocka_unit_test_setup_teardown(all_of_one_name_are_roots_and_each_process_counts_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_name_matches_whole, set_up, tear_down),
    cmocka_unit_test_setup_teardown(bytes_and_descriptors_are_summed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_one_process_does_not_tell_is_absent_of_all, set_up, tear_down),
    cmocka_unit_test_setup_teardown(memory_is_measured_one_by_one, set_up, tear_down),
    cmocka_unit_test_setup_teardown(memory_may_be_measured_at_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(without_rollups_swap_comes_from_the_status_file, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_process_that_is_too_large_is_not_measured, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_blocked_process_keeps_the_memory_that_was_measured_before, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_process_that_was_blocked_at_its_first_turn_leaves_the_sums_absent, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_zombie_is_no_process_but_its_time_counts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_tree_that_is_gone_has_no_levels_and_keeps_its_counters, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_restart_makes_no_counter_fall_or_leap, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_old_process_that_takes_the_name_brings_no_past, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_round_stretches_over_calls_when_the_budget_is_spent, set_up, tear_down),
    cmocka_unit_test_setup_teardown(roots_may_change, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_process_that_says_nonsense_is_no_member, set_up, tear_down),
    cmocka_unit_test_setup_teardown(reading_allocates_nothing, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
