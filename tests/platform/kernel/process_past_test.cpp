#include "platform/kernel/process_past.h"

#include <chrono>
#include <memory>
#include <utility>

#include "platform/kernel/process_table.h"
#include "tests/platform/kernel/kernel_test_state.h"
#include "tests/platform/kernel/made_process.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::ProcessFiles;
using epsilond::platform::ProcessPast;
using epsilond::platform::ProcessTable;
using epsilond::platform::ProcessUsage;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::tests::kNoDeadline;
using epsilond::tests::MadeProcess;
using epsilond::tests::put;
using epsilond::tests::put_descriptors;
using epsilond::tests::put_io;
using epsilond::tests::TempTree;
using epsilond::tests::ticking_cpu_clock;

namespace {

struct State {
  TempTree tree;
  std::unique_ptr<ProcRoot> root;
  std::unique_ptr<ProcessFiles> files;
  std::unique_ptr<ProcessPast> past;
  std::unique_ptr<ProcessTable> table;
  std::chrono::seconds now{1000};

  // One slice, a second after the one before.
  void tick(std::chrono::nanoseconds deadline = kNoDeadline) {
    now += std::chrono::seconds(1);
    past->set_time(now);
    (void)table->scan(deadline);
  }
  void ticks(int count) {
    for (int i = 0; i < count; ++i) tick();
  }
  long pages_before(std::int32_t pid) const {
    const auto* const look = past->before();
    const ProcessUsage* const found = look != nullptr ? look->find(pid) : nullptr;
    return found != nullptr ? static_cast<long>(found->resident_pages) : -1;
  }
};

int set_up(void** state) {
  auto* const made = new State;
  made->tree.add_process(1);
  Result<ProcRoot> root = ProcRoot::make(made->tree.path());
  if (!root) return -1;
  made->root = std::make_unique<ProcRoot>(std::move(*root));
  made->files = std::make_unique<ProcessFiles>(*made->root);
  made->past = std::make_unique<ProcessPast>(*made->files);
  made->table = std::make_unique<ProcessTable>(*made->root, ticking_cpu_clock, made->past.get());
  *state = made;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void nothing_is_known_until_the_first_look_is_four_seconds_old(void** state) {
  State& test = state_of(state);
  assert_null(test.past->before());
  test.ticks(4);
  assert_null(test.past->before());
  test.tick();
  assert_non_null(test.past->before());
}

// The look of second 1, and then that of second 6 once it is old enough.
void a_look_is_four_to_eight_seconds_old(void** state) {
  State& test = state_of(state);
  for (int second = 1; second <= 30; ++second) {
    put(test.tree, {.pid = 7, .pages = second});
    test.tick();
    if (second < 5) continue;
    const long age = second - test.pages_before(7);
    assert_in_range(age, 4, 8);
  }
}

void a_pass_of_many_slices_is_one_look(void** state) {
  State& test = state_of(state);
  for (std::int32_t pid = 2; pid <= 40; ++pid) put(test.tree, {.pid = pid, .pages = 5});
  for (int i = 0; i < 4; ++i) test.tick(std::chrono::nanoseconds{0});
  assert_null(test.past->before());
  for (int i = 0; i < 10; ++i) test.tick(std::chrono::nanoseconds{0});
  for (std::int32_t pid = 2; pid <= 40; ++pid) assert_int_equal(test.pages_before(pid), 5);
}

void storage_is_read_again_only_for_those_who_ran(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 7, .user_ticks = 10});
  put(test.tree, {.pid = 8, .user_ticks = 10});
  for (const std::int32_t pid : {7, 8}) put_io(test.tree, pid, 1, 2);
  test.tick();
  put(test.tree, {.pid = 8, .user_ticks = 11});
  for (const std::int32_t pid : {7, 8}) put_io(test.tree, pid, 3, 4);
  test.ticks(9);
  assert_int_equal(test.past->before()->find(7)->written_bytes, 2);
  assert_int_equal(test.past->before()->find(8)->written_bytes, 4);
  assert_int_equal(test.past->before()->find(8)->read_bytes, 3);
}

void who_is_closed_to_us_is_asked_once(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 7, .user_ticks = 10});
  test.tick();
  put(test.tree, {.pid = 7, .user_ticks = 11});
  put_io(test.tree, 7, 3, 4);
  test.ticks(9);
  assert_true(test.past->before()->find(7)->read_bytes == ProcessUsage::kUnknownBytes);
}

void what_cannot_be_read_is_unknown(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 7});
  put(test.tree, {.pid = 8});
  put_descriptors(test.tree, 8, 0, 4);
  test.ticks(5);
  assert_true(test.past->before()->find(7)->read_bytes == ProcessUsage::kUnknownBytes);
  assert_true(test.past->before()->find(7)->descriptors == ProcessUsage::kUnknown);
  assert_int_equal(test.past->before()->find(8)->descriptors, 5);
}

void who_has_no_memory_is_not_asked_for_descriptors(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 7, .comm = "kworker", .state = 'I', .pages = 0, .virtual_bytes = 0});
  put_descriptors(test.tree, 7, 0, 4);  // which no such process has
  test.ticks(5);
  assert_int_equal(test.past->before()->find(7)->descriptors, 0);
}

void a_pass_that_was_broken_off_is_forgotten(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 7, .pages = 5});
  test.ticks(10);
  test.past->set_time(test.now + std::chrono::seconds(1));  // a look is due
  epsilond::platform::PidStat stat;
  stat.pid = 7;
  test.past->saw(stat);
  test.past->drop_pass();
  test.past->end_pass();
  test.past->set_time(test.now + std::chrono::seconds(5));
  assert_int_equal(test.pages_before(7), 5);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(nothing_is_known_until_the_first_look_is_four_seconds_old, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_look_is_four_to_eight_seconds_old, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_pass_of_many_slices_is_one_look, set_up, tear_down),
    cmocka_unit_test_setup_teardown(storage_is_read_again_only_for_those_who_ran, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_is_closed_to_us_is_asked_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_cannot_be_read_is_unknown, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_has_no_memory_is_not_asked_for_descriptors, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_pass_that_was_broken_off_is_forgotten, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
