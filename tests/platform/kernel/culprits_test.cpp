#include "platform/kernel/culprits.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "platform/kernel/process_table.h"
#include "tests/platform/kernel/kernel_test_state.h"
#include "tests/platform/kernel/made_process.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::Culprits;
using epsilond::platform::GrowthKind;
using epsilond::platform::GrownProcess;
using epsilond::platform::ProcessTable;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::tests::kNoDeadline;
using epsilond::tests::put;
using epsilond::tests::put_descriptors;
using epsilond::tests::put_io;
using epsilond::tests::TempTree;
using epsilond::tests::ticking_cpu_clock;

namespace {

// What a test says about time holds where the kernel counts in hundredths, which is everywhere but on old Alphas.
const long kTicks = sysconf(_SC_CLK_TCK);
const double kPage = static_cast<double>(sysconf(_SC_PAGESIZE));

std::chrono::nanoseconds slow_cpu_clock() {
  static std::chrono::nanoseconds now{0};
  now += std::chrono::milliseconds(2);
  return now;
}

struct State {
  TempTree tree;
  std::unique_ptr<ProcRoot> root;
  std::unique_ptr<Culprits> culprits;
  std::unique_ptr<ProcessTable> table;
  std::chrono::seconds now{10'000};  // since boot
  std::array<GrownProcess, 3> found;

  void open(Culprits::CpuClock clock) {
    Result<ProcRoot> made = ProcRoot::make(tree.path());
    if (!made) return;
    root = std::make_unique<ProcRoot>(std::move(*made));
    culprits = std::make_unique<Culprits>(*root, clock);
    table = std::make_unique<ProcessTable>(*root, ticking_cpu_clock, &culprits->past());
  }
  // So many seconds pass, with a scan in each.
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      now += std::chrono::seconds(1);
      culprits->past().set_time(now);
      (void)table->scan(kNoDeadline);
    }
  }
  // One scan now, then `change`, and a look five seconds after that scan.
  template <typename Change>
  std::size_t grown(GrowthKind kind, Change change, double at_least = 0.0) {
    pass(1);
    change();
    now += std::chrono::seconds(5);
    culprits->past().set_time(now);
    return culprits->look() ? culprits->find(kind, at_least, found) : 0;
  }
};

int set_up_with(Culprits::CpuClock clock, void** state) {
  auto* const made = new State;
  put(made->tree, {.pid = 1, .comm = "init", .start_ticks = 1});
  made->open(clock);
  *state = made;
  return 0;
}
int set_up(void** state) { return set_up_with(ticking_cpu_clock, state); }
int set_up_slow(void** state) { return set_up_with(slow_cpu_clock, state); }

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void nobody_is_named_without_a_look_before(void** state) {
  State& test = state_of(state);
  assert_false(test.culprits->look());
  assert_int_equal(test.culprits->find(GrowthKind::kMemory, 0.0, test.found), 0);
  test.pass(2);
  put(test.tree, {.pid = 1, .comm = "init", .start_ticks = 1, .pages = 100'000});
  assert_false(test.culprits->look());
  assert_int_equal(test.culprits->find(GrowthKind::kMemory, 0.0, test.found), 0);
}

void who_took_memory_is_told_with_name_user_and_unit(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 44, .comm = "post) gres", .pages = 1000});
  test.tree.write("proc/44/cgroup", "0::/system.slice/postgresql.service\n");
  test.tree.write("proc/44/cmdline", "postgres --password=hunter2");
  assert_int_equal(test.grown(GrowthKind::kMemory,
                              [&] { put(test.tree, {.pid = 44, .comm = "post) gres", .pages = 101'000}); }), 1);
  const GrownProcess& found = test.found[0];
  assert_string_equal(found.comm.c_str(), "post) gres");
  assert_int_equal(found.pid, 44);
  assert_int_equal(found.uid, geteuid());
  assert_string_equal(found.unit.c_str(), "postgresql.service");
  assert_true(found.what == "rss_bytes");
  assert_near(found.delta, 100'000 * kPage, 0, 0);
}

void the_largest_come_first_and_the_small_are_left_out(void** state) {
  State& test = state_of(state);
  for (const std::int32_t pid : {2, 3, 4, 5, 6}) put(test.tree, {.pid = pid});
  assert_int_equal(test.grown(GrowthKind::kMemory, [&] {
    put(test.tree, {.pid = 2, .pages = 30'000});
    put(test.tree, {.pid = 3, .pages = 90'000});
    put(test.tree, {.pid = 4, .pages = 20'000});
    put(test.tree, {.pid = 5, .pages = 60'000});
    put(test.tree, {.pid = 6, .pages = 25'000});
  }), 3);
  assert_int_equal(test.found[0].pid, 3);
  assert_int_equal(test.found[1].pid, 5);
  assert_int_equal(test.found[2].pid, 2);
  put(test.tree, {.pid = 5, .pages = 22'000});
  put(test.tree, {.pid = 2, .pages = 22'000});
  put(test.tree, {.pid = 6, .pages = 22'000});
  assert_true(test.culprits->look());
  assert_int_equal(test.culprits->find(GrowthKind::kMemory, 0.0, test.found), 1);  // a quarter is 22,500
}

void growth_below_what_is_asked_for_names_nobody(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2});
  assert_int_equal(test.grown(GrowthKind::kMemory, [&] { put(test.tree, {.pid = 2, .pages = 20'010}); },
                              20'001 * kPage), 0);
  assert_int_equal(test.culprits->find(GrowthKind::kMemory, 20'000 * kPage, test.found), 1);
}

void a_little_memory_is_not_worth_a_name(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2});
  assert_int_equal(test.grown(GrowthKind::kMemory, [&] { put(test.tree, {.pid = 2, .pages = 100}); }), 0);
}

void a_busy_server_is_not_named_for_being_busy(void** state) {
  State& test = state_of(state);
  // Two hours old and busy half of the time; then it goes on so, while a young one takes 2 s.
  const long start = (10'001 - 7200) * kTicks;
  put(test.tree, {.pid = 2, .comm = "server", .user_ticks = 3600 * kTicks, .start_ticks = start});
  put(test.tree, {.pid = 3, .comm = "hog", .user_ticks = 10, .start_ticks = start});
  assert_int_equal(test.grown(GrowthKind::kCpu, [&] {
    put(test.tree, {.pid = 2, .comm = "server", .user_ticks = 3600 * kTicks + 5 * kTicks / 2, .start_ticks = start});
    put(test.tree, {.pid = 3, .comm = "hog", .user_ticks = 10, .system_ticks = 2 * kTicks, .start_ticks = start});
  }), 1);
  assert_string_equal(test.found[0].comm.c_str(), "hog");
  assert_true(test.found[0].what == "cpu_seconds");
  assert_near(test.found[0].delta, 2.0, 0, 1e-12);
}

void a_busy_server_that_does_twice_as_much_is_named(void** state) {
  State& test = state_of(state);
  const long start = (10'001 - 7200) * kTicks;
  put(test.tree, {.pid = 2, .comm = "server", .user_ticks = 3600 * kTicks, .start_ticks = start});
  assert_int_equal(test.grown(GrowthKind::kCpu, [&] {
    put(test.tree, {.pid = 2, .comm = "server", .user_ticks = 3605 * kTicks, .start_ticks = start});
  }), 1);
  assert_near(test.found[0].delta, 5.0, 0, 1e-12);
}

void what_began_with_the_trouble_is_not_usual(void** state) {
  State& test = state_of(state);
  // Ten seconds old and busy all the time, before the look and after it.
  const long start = 9'991 * kTicks;
  put(test.tree, {.pid = 2, .comm = "hog", .user_ticks = 10 * kTicks, .start_ticks = start});
  assert_int_equal(test.grown(GrowthKind::kCpu, [&] {
    put(test.tree, {.pid = 2, .comm = "hog", .user_ticks = 15 * kTicks, .start_ticks = start});
  }), 1);
  assert_near(test.found[0].delta, 5.0, 0, 1e-12);
}

void a_new_process_grew_from_nothing(void** state) {
  State& test = state_of(state);
  assert_int_equal(test.grown(GrowthKind::kMemory, [&] { put(test.tree, {.pid = 9, .pages = 50'000}); }), 1);
  assert_near(test.found[0].delta, 50'000 * kPage, 0, 0);
}

void a_number_used_again_is_another_process(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 9, .start_ticks = 100, .pages = 40'000});
  assert_int_equal(test.grown(GrowthKind::kMemory,
                              [&] { put(test.tree, {.pid = 9, .start_ticks = 999, .pages = 50'000}); }), 1);
  assert_near(test.found[0].delta, 50'000 * kPage, 0, 0);
}

void an_old_process_that_was_overlooked_is_nobodys_growth(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2, .start_ticks = 500});
  assert_int_equal(test.grown(GrowthKind::kMemory,
                              [&] { put(test.tree, {.pid = 9, .start_ticks = 400, .pages = 50'000}); }), 0);
}

void time_of_children_goes_to_who_waited_for_them(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2, .comm = "make"});
  assert_int_equal(test.grown(GrowthKind::kCpu,
                              [&] { put(test.tree, {.pid = 2, .comm = "make", .children_ticks = 3 * kTicks}); }), 1);
  assert_string_equal(test.found[0].comm.c_str(), "make");
  assert_near(test.found[0].delta, 3.0, 0, 1e-12);
}

void what_the_dead_had_used_before_is_not_new(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2, .comm = "make"});
  put(test.tree, {.pid = 3, .comm = "sub", .parent = 2, .user_ticks = 20 * kTicks});
  put(test.tree, {.pid = 4, .comm = "gcc", .parent = 3, .user_ticks = 40 * kTicks});
  // Both end: 61 s are inherited, of which 60 are old.
  assert_int_equal(test.grown(GrowthKind::kCpu, [&] {
    test.tree.remove_process(3);
    test.tree.remove_process(4);
    put(test.tree, {.pid = 2, .comm = "make", .children_ticks = 61 * kTicks});
  }), 1);
  assert_int_equal(test.found[0].pid, 2);
  assert_near(test.found[0].delta, 1.0, 0, 1e-12);
}

void zombies_are_the_parents(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2, .comm = "parent"});
  put(test.tree, {.pid = 3, .state = 'Z', .parent = 2});  // has been one for long
  put(test.tree, {.pid = 4, .parent = 2});
  assert_int_equal(test.grown(GrowthKind::kZombies, [&] {
    put(test.tree, {.pid = 4, .state = 'Z', .parent = 2});
    put(test.tree, {.pid = 5, .state = 'Z', .parent = 2, .start_ticks = 999});
  }), 1);
  assert_string_equal(test.found[0].comm.c_str(), "parent");
  assert_true(test.found[0].what == "zombies");
  assert_near(test.found[0].delta, 2, 0, 0);
}

// One zombie is noticed only once it has stayed, and then none is new.
void a_zombie_that_has_stayed_has_a_parent_too(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2, .comm = "parent"});
  put(test.tree, {.pid = 3, .state = 'Z', .parent = 2});
  assert_int_equal(test.grown(GrowthKind::kZombies, [] {}), 0);
  assert_int_equal(test.grown(GrowthKind::kAllZombies, [] {}), 1);
  assert_string_equal(test.found[0].comm.c_str(), "parent");
  assert_near(test.found[0].delta, 1, 0, 0);
}

void new_children_are_the_parents(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2, .comm = "parent"});
  put(test.tree, {.pid = 3, .parent = 2});
  assert_int_equal(test.grown(GrowthKind::kChildren, [&] {
    for (const std::int32_t pid : {10, 11, 12}) put(test.tree, {.pid = pid, .parent = 2, .start_ticks = 999});
    put(test.tree, {.pid = 13, .parent = 1, .start_ticks = 999});
  }), 1);
  assert_int_equal(test.found[0].pid, 2);
  assert_true(test.found[0].what == "children");
  assert_near(test.found[0].delta, 3, 0, 0);
}

void the_blocked_are_those_in_state_d_the_new_ones_first(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2, .state = 'D'});
  put(test.tree, {.pid = 3});
  assert_int_equal(test.grown(GrowthKind::kBlocked, [&] { put(test.tree, {.pid = 3, .state = 'D'}); }), 2);
  assert_int_equal(test.found[0].pid, 3);
  assert_int_equal(test.found[1].pid, 2);
  assert_true(test.found[0].what == "blocked");
}

void threads_are_counted(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2, .threads = 5});
  assert_int_equal(test.grown(GrowthKind::kThreads, [&] { put(test.tree, {.pid = 2, .threads = 205}); }), 1);
  assert_true(test.found[0].what == "threads");
  assert_near(test.found[0].delta, 200, 0, 0);
}

void descriptors_are_counted(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2});
  put(test.tree, {.pid = 3});  // whose list is closed to us
  put_descriptors(test.tree, 2, 0, 4);
  assert_int_equal(test.grown(GrowthKind::kDescriptors, [&] { put_descriptors(test.tree, 2, 5, 44); }), 1);
  assert_int_equal(test.found[0].pid, 2);
  assert_true(test.found[0].what == "descriptors");
  assert_near(test.found[0].delta, 40, 0, 0);
}

void who_wrote_and_who_read_is_told_apart(void** state) {
  State& test = state_of(state);
  for (const std::int32_t pid : {2, 3}) {
    put(test.tree, {.pid = pid});
    put_io(test.tree, pid, 1000, 1000);
  }
  assert_int_equal(test.grown(GrowthKind::kStorage, [&] {
    for (const std::int32_t pid : {2, 3}) put(test.tree, {.pid = pid, .system_ticks = 5});
    put_io(test.tree, 2, 2000, 400'001'000);
    put_io(test.tree, 3, 200'001'000, 1000);
  }), 2);
  assert_int_equal(test.found[0].pid, 2);
  assert_true(test.found[0].what == "write_bytes");
  assert_near(test.found[0].delta, 4e8, 0, 0);
  assert_true(test.found[1].what == "read_bytes");
  assert_near(test.found[1].delta, 2e8, 0, 0);
  assert_int_equal(test.culprits->find(GrowthKind::kReads, 0.0, test.found), 1);
  assert_int_equal(test.found[0].pid, 3);
  assert_int_equal(test.culprits->find(GrowthKind::kWrites, 0.0, test.found), 1);
  assert_int_equal(test.found[0].pid, 2);
}

void bytes_we_may_not_read_are_nobodys(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2});
  assert_int_equal(test.grown(GrowthKind::kStorage, [&] {
    put(test.tree, {.pid = 2, .system_ticks = 50});
    put_io(test.tree, 2, 0, 400'000'000);  // whatever it is now, nobody knows what it was before
  }), 0);
}

void who_ended_since_the_look_makes_room_for_the_next(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 2});
  put(test.tree, {.pid = 3});
  assert_int_equal(test.grown(GrowthKind::kMemory, [&] {
    put(test.tree, {.pid = 2, .pages = 90'000});
    put(test.tree, {.pid = 3, .pages = 80'000});
  }), 2);
  test.tree.remove_process(2);
  assert_int_equal(test.culprits->find(GrowthKind::kMemory, 0.0, test.found), 1);
  assert_int_equal(test.found[0].pid, 3);
  put(test.tree, {.pid = 3, .start_ticks = 999});  // another one by now
  assert_int_equal(test.culprits->find(GrowthKind::kMemory, 0.0, test.found), 0);
}

void who_makes_no_sense_is_passed_over(void** state) {
  State& test = state_of(state);
  put(test.tree, {.pid = 3});
  assert_int_equal(test.grown(GrowthKind::kMemory, [&] {
    test.tree.write("proc/2/stat", "2 (x) S one two three\n");
    test.tree.write("proc/4/stat", "");
    put(test.tree, {.pid = 3, .pages = 80'000});
  }), 1);
  assert_int_equal(test.found[0].pid, 3);
}

// The clock of this test goes on by 2 ms for each eight processes, so a look sees forty.
void a_look_ends_when_its_time_is_over(void** state) {
  State& test = state_of(state);
  for (std::int32_t pid = 2; pid <= 200; ++pid) put(test.tree, {.pid = pid, .start_ticks = 999});
  const std::size_t named = test.grown(GrowthKind::kBlocked, [&] {
    for (std::int32_t pid = 2; pid <= 200; ++pid) put(test.tree, {.pid = pid, .state = 'D', .start_ticks = 999});
  });
  assert_true(named > 0);
  assert_in_range(test.culprits->processes_seen(), 8, 48);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(nobody_is_named_without_a_look_before, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_took_memory_is_told_with_name_user_and_unit, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_largest_come_first_and_the_small_are_left_out, set_up, tear_down),
    cmocka_unit_test_setup_teardown(growth_below_what_is_asked_for_names_nobody, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_little_memory_is_not_worth_a_name, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_busy_server_is_not_named_for_being_busy, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_busy_server_that_does_twice_as_much_is_named, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_began_with_the_trouble_is_not_usual, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_new_process_grew_from_nothing, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_number_used_again_is_another_process, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_old_process_that_was_overlooked_is_nobodys_growth, set_up, tear_down),
    cmocka_unit_test_setup_teardown(time_of_children_goes_to_who_waited_for_them, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_the_dead_had_used_before_is_not_new, set_up, tear_down),
    cmocka_unit_test_setup_teardown(zombies_are_the_parents, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_zombie_that_has_stayed_has_a_parent_too, set_up, tear_down),
    cmocka_unit_test_setup_teardown(new_children_are_the_parents, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_blocked_are_those_in_state_d_the_new_ones_first, set_up, tear_down),
    cmocka_unit_test_setup_teardown(threads_are_counted, set_up, tear_down),
    cmocka_unit_test_setup_teardown(descriptors_are_counted, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_wrote_and_who_read_is_told_apart, set_up, tear_down),
    cmocka_unit_test_setup_teardown(bytes_we_may_not_read_are_nobodys, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_ended_since_the_look_makes_room_for_the_next, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_makes_no_sense_is_passed_over, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_look_ends_when_its_time_is_over, set_up_slow, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
