#include "platform/watch/service_reader.h"

#include <memory>
#include <string>
#include <utility>

#include "platform/kernel/process_table.h"
#include "tests/platform/kernel/made_process.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::MatchKind;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::platform::ServiceMatch;
using epsilond::platform::ServiceReader;
using epsilond::platform::UsageField;
using epsilond::tests::put;
using epsilond::tests::TempTree;

namespace {

struct State {
  TempTree tree;
  std::unique_ptr<ProcRoot> root;
  std::unique_ptr<ServiceReader> reader;
  std::chrono::seconds now{1000};

  void open(MatchKind kind, const char* text) {
    Result<ProcRoot> made = ProcRoot::make(tree.path());
    if (!made) return;
    root = std::make_unique<ProcRoot>(std::move(*made));
    reader = std::make_unique<ServiceReader>(*root, ServiceMatch{kind, text}, tree.path(),
                                             epsilond::platform::thread_cpu_time);
  }
  void look() {
    now += std::chrono::seconds(1);
    if (reader->needs_passes()) (void)reader->find();
    (void)reader->read(now);
  }
  double processes() const {
    return reader->usage().has(UsageField::kProcesses) ? reader->usage().value(UsageField::kProcesses) : 0.0;
  }
  // All of the group.
  void put_processes(std::int32_t first, std::int32_t last) {
    std::string procs;
    for (std::int32_t pid = first; pid <= last; ++pid) {
      put(tree, {.pid = pid, .comm = "many"});
      procs += std::to_string(pid) + "\n";
    }
    put_group(procs.c_str(), nullptr);
  }
  void put_group(const char* procs, const char* user_us) {
    tree.write("sys/fs/cgroup/a.slice/cgroup.procs", procs);
    if (user_us != nullptr)
      tree.write("sys/fs/cgroup/a.slice/cpu.stat", std::string("user_usec ") + user_us + "\nsystem_usec 0\n");
    else
      tree.remove("sys/fs/cgroup/a.slice/cpu.stat");
  }
};

int set_up(void** state) {
  auto* const made = new State;
  put(made->tree, {.pid = 1, .comm = "init", .parent = 0});
  put(made->tree, {.pid = 10, .comm = "server", .user_ticks = 500});
  put(made->tree, {.pid = 11, .comm = "worker", .parent = 10});
  put(made->tree, {.pid = 20, .comm = "other"});
  *state = made;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void a_pid_file_names_the_root_of_the_tree(void** state) {
  State& test = state_of(state);
  test.tree.write("run/server.pid", "10\n");
  test.open(MatchKind::kPidFile, "/run/server.pid");
  test.look();
  assert_near(test.processes(), 2, 0, 0);
  assert_true(static_cast<bool>(test.reader->pid_file()));
}

void a_pid_file_that_comes_and_changes_is_followed(void** state) {
  State& test = state_of(state);
  test.open(MatchKind::kPidFile, "/run/server.pid");
  test.look();
  assert_false(test.reader->is_there());
  assert_int_equal(test.reader->pid_file().error().code, ErrorCode::kNotFound);
  test.tree.write("run/server.pid", "10\n");
  test.look();
  test.look();
  assert_true(test.reader->is_there());
  test.tree.write("run/server.pid", "20\n");
  test.look();
  test.look();
  assert_near(test.processes(), 1, 0, 0);
}

void garbage_in_a_pid_file_is_told_and_the_process_of_before_goes_on(void** state) {
  State& test = state_of(state);
  test.tree.write("run/server.pid", "10\n");
  test.open(MatchKind::kPidFile, "/run/server.pid");
  test.look();
  test.tree.write("run/server.pid", "what?\n");
  test.look();
  assert_int_equal(test.reader->pid_file().error().code, ErrorCode::kMalformed);
  assert_near(test.processes(), 2, 0, 0);
  test.tree.remove_process(10);
  test.tree.remove_process(11);
  test.look();
  assert_false(test.reader->is_there());
  // The number is another's now, and nobody says that this is the service.
  put(test.tree, {.pid = 10, .comm = "stranger"});
  test.look();
  test.look();
  assert_false(test.reader->is_there());
}

void a_service_that_was_away_begins_another_epoch(void** state) {
  State& test = state_of(state);
  test.open(MatchKind::kComm, "server");
  test.look();
  assert_true(test.reader->is_there());
  const std::uint32_t epoch = test.reader->epoch();
  test.look();
  assert_int_equal(test.reader->epoch(), epoch);
  test.tree.remove_process(10);
  test.look();
  assert_false(test.reader->is_there());
  assert_false(test.reader->usage().has(UsageField::kUserSeconds));
  put(test.tree, {.pid = 30, .comm = "server"});
  test.look();
  assert_true(test.reader->is_there());
  assert_int_equal(test.reader->epoch(), epoch + 1);
}

void a_control_group_speaks_before_its_processes(void** state) {
  State& test = state_of(state);
  test.put_group("10\n11\n", "2500000");
  test.open(MatchKind::kCgroup, "a.slice");
  test.look();
  assert_near(test.processes(), 2, 0, 0);
  assert_near(test.reader->usage().value(UsageField::kUserSeconds), 2.5, 1e-9, 0);
}

void counters_that_come_from_elsewhere_begin_another_epoch(void** state) {
  State& test = state_of(state);
  test.put_group("10\n", "2500000");
  test.open(MatchKind::kCgroup, "a.slice");
  test.look();
  const std::uint32_t epoch = test.reader->epoch();
  test.put_group("10\n", nullptr);
  test.look();
  assert_int_equal(test.reader->epoch(), epoch + 1);
  assert_true(test.reader->usage().has(UsageField::kUserSeconds));
}

// 20 processes, of which a reading without any time looks at 8.
void the_list_of_a_control_group_is_read_once_a_round(void** state) {
  State& test = state_of(state);
  test.put_processes(30, 49);
  test.open(MatchKind::kCgroup, "a.slice");
  assert_false(test.reader->read(test.now, std::chrono::nanoseconds(0)));
  test.put_processes(30, 50);
  assert_false(test.reader->read(test.now, std::chrono::nanoseconds(0)));
  assert_true(test.reader->read(test.now, std::chrono::nanoseconds(0)));
  assert_near(test.processes(), 20, 0, 0);
  test.look();
  assert_near(test.processes(), 21, 0, 0);
}

void a_control_group_without_processes_does_not_run(void** state) {
  State& test = state_of(state);
  test.put_group("", "2500000");
  test.tree.write("sys/fs/cgroup/a.slice/memory.current", "4096\n");
  test.open(MatchKind::kCgroup, "a.slice");
  test.look();
  assert_false(test.reader->is_there());
  assert_false(test.reader->usage().has(UsageField::kMemoryBytes));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_pid_file_names_the_root_of_the_tree, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_pid_file_that_comes_and_changes_is_followed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(garbage_in_a_pid_file_is_told_and_the_process_of_before_goes_on, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_service_that_was_away_begins_another_epoch, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_control_group_speaks_before_its_processes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(counters_that_come_from_elsewhere_begin_another_epoch, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_list_of_a_control_group_is_read_once_a_round, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_control_group_without_processes_does_not_run, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
