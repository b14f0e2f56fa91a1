#include "platform/watch/cgroup_files.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "platform/kernel/process_table.h"
#include "platform/watch/process_tree.h"
#include "tests/platform/kernel/made_process.h"
#include "tests/support/opened_files.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::CgroupFiles;
using epsilond::platform::ProcessTree;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::platform::TreeRoots;
using epsilond::platform::TreeUsage;
using epsilond::platform::UsageField;
using epsilond::tests::OpenedFiles;
using epsilond::tests::put;
using epsilond::tests::TempTree;

namespace {

const std::string kGroup = "sys/fs/cgroup/system.slice/x.service/";

struct State {
  TempTree tree;
  std::unique_ptr<ProcRoot> root;
  std::unique_ptr<ProcessTree> processes;
  std::unique_ptr<CgroupFiles> group;
  TreeUsage usage;
  OpenedFiles opened;
  std::string real;  // a real group, to be removed
  pid_t child = 0;

  void open(std::string_view path, const char* name) {
    Result<ProcRoot> made = ProcRoot::make(path);
    if (!made) return;
    root = std::make_unique<ProcRoot>(std::move(*made));
    processes = std::make_unique<ProcessTree>(*root, TreeRoots(), epsilond::platform::thread_cpu_time);
    group = std::make_unique<CgroupFiles>(*root, name);
  }
  void open_fixture() { open(tree.path(), "system.slice/x.service"); }
  void put_file(const char* name, std::string_view text) { tree.write(kGroup + name, text); }
  void put_counters(long user_us, long read) {
    put_file("cpu.stat", "usage_usec 9\nuser_usec " + std::to_string(user_us) + "\nsystem_usec 500000\n");
    put_file("io.stat", "8:0 rbytes=" + std::to_string(read) + " wbytes=20 rios=1 wios=1 dbytes=0 dios=0\n");
  }
  bool look() {
    usage.clear();
    if (!group->open()) return false;
    group->list(*processes);
    processes->end_pass();
    (void)processes->read(std::chrono::seconds(1));
    group->read(usage);
    return true;
  }
  double value(UsageField field) const { return usage.has(field) ? usage.value(field) : -1.0; }
  void put_groups(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put_file(("below" + std::to_string(i) + "/cgroup.procs").c_str(), "");
  }
  // Processes from `first` on, all of the group.
  void put_processes(std::int32_t first, std::size_t count) {
    std::string procs;
    for (std::int32_t pid = first; pid < first + static_cast<std::int32_t>(count); ++pid) {
      put(tree, {.pid = pid, .comm = "x"});
      procs += std::to_string(pid) + "\n";
    }
    put_file("cgroup.procs", procs);
  }
  void watch_opened(const std::string& directory) { opened.watch(tree.path() + "/" + directory); }
  // A child that waits, in a group of its own; false where there are no groups, or not for us.
  bool make_real_group() {
    const std::string name = "epsilond-test-" + std::to_string(::getpid());
    for (const char* mount : {"/sys/fs/cgroup/", "/sys/fs/cgroup/unified/"}) {
      const std::string path = mount + name;
      if (::mkdir(path.c_str(), 0755) != 0) continue;
      // Where version 1 is mounted too, the first is a folder like any other, in which no files come by themselves.
      if (::access((path + "/cgroup.procs").c_str(), F_OK) != 0) {
        ::rmdir(path.c_str());
        continue;
      }
      real = path;
      const bool moved = add_child();
      if (moved) open("", name.c_str());
      return moved;
    }
    return false;
  }
  bool add_child() {
    child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    std::FILE* const procs = std::fopen((real + "/cgroup.procs").c_str(), "r+e");
    return procs != nullptr && std::fprintf(procs, "%d\n", child) > 0 && std::fclose(procs) == 0;
  }
  void end_child() {
    if (child > 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    child = 0;
  }
};

int set_up(void** state) {
  auto* const made = new State;
  put(made->tree, {.pid = 1, .comm = "init", .parent = 0});
  for (const std::int32_t pid : {10, 11, 12}) put(made->tree, {.pid = pid, .comm = "x", .threads = 2});
  made->put_file("cgroup.procs", "12\n10\n");
  *state = made;
  return 0;
}

int tear_down(void** state) {
  auto* const made = static_cast<State*>(*state);
  made->end_child();
  if (!made->real.empty()) ::rmdir(made->real.c_str());
  delete made;
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void what_the_files_say_is_read(void** state) {
  State& test = state_of(state);
  test.put_file("memory.current", "1048576\n");
  test.put_file("memory.swap.current", "4096\n");
  test.put_file("pids.current", "7\n");
  test.put_counters(2'500'000, 10);
  test.open_fixture();
  assert_true(test.look());
  assert_near(test.value(UsageField::kMemoryBytes), 1048576, 0, 0);
  assert_near(test.value(UsageField::kSwapBytes), 4096, 0, 0);
  assert_near(test.value(UsageField::kThreads), 7, 0, 0);
  assert_near(test.value(UsageField::kUserSeconds), 2.5, 1e-12, 0);
  assert_near(test.value(UsageField::kSystemSeconds), 0.5, 1e-12, 0);
  assert_near(test.value(UsageField::kReadBytes), 10, 0, 0);
  assert_near(test.value(UsageField::kWriteBytes), 20, 0, 0);
}

void its_processes_and_those_of_groups_below_are_listed(void** state) {
  State& test = state_of(state);
  test.put_file("worker/cgroup.procs", "11\n12\n0\n");
  test.open_fixture();
  assert_true(test.look());
  assert_int_equal(test.processes->processes(), 3);
  test.put_file("cgroup.procs", "10\n");
  test.put_file("worker/cgroup.procs", "");
  assert_true(test.look());
  assert_int_equal(test.processes->processes(), 1);
}

void files_that_are_not_there_are_absent(void** state) {
  State& test = state_of(state);
  test.open_fixture();
  assert_true(test.look());
  assert_int_equal(test.group->told(), 0);
  assert_false(test.usage.has(UsageField::kMemoryBytes) || test.usage.has(UsageField::kUserSeconds));
}

void files_that_say_nonsense_are_absent(void** state) {
  State& test = state_of(state);
  test.put_file("memory.current", "max\n");
  test.put_file("cpu.stat", "usage_usec 3\n");
  test.put_file("io.stat", "8:0 rbytes=x\n");
  test.open_fixture();
  assert_true(test.look());
  assert_int_equal(test.group->told(), 0);
  assert_false(test.usage.has(UsageField::kMemoryBytes));
}

void a_device_made_of_others_is_not_counted_beside_them(void** state) {
  State& test = state_of(state);
  test.put_file("io.stat", "8:0 rbytes=100 wbytes=1\n253:0 rbytes=100 wbytes=1\n7:0 rbytes=100 wbytes=1\n");
  test.tree.write("sys/dev/block/253:0/dm/name", "root\n");
  test.tree.write("sys/dev/block/7:0/loop/backing_file", "/image\n");
  test.open_fixture();
  assert_true(test.look());
  assert_near(test.value(UsageField::kReadBytes), 100, 0, 0);
}

void a_group_that_is_not_there_says_so_and_is_found_when_it_comes(void** state) {
  State& test = state_of(state);
  test.open(test.tree.path(), "system.slice/y.service");
  assert_false(test.look());
  test.tree.write("sys/fs/cgroup/system.slice/y.service/cgroup.procs", "10\n");
  assert_true(test.look());
  assert_int_equal(test.processes->processes(), 1);
}

void counters_go_on_over_a_group_that_was_made_anew(void** state) {
  State& test = state_of(state);
  test.put_counters(5'000'000, 300);
  test.open_fixture();
  assert_true(test.look());
  test.tree.remove("sys/fs/cgroup/system.slice/x.service");
  assert_false(test.look());
  test.put_file("cgroup.procs", "10\n");
  test.put_counters(250'000, 7);
  assert_true(test.look());
  assert_near(test.value(UsageField::kUserSeconds), 5.25, 1e-9, 0);
  assert_near(test.value(UsageField::kReadBytes), 307, 0, 0);
}

void version_1_lists_the_processes_below_systemd(void** state) {
  State& test = state_of(state);
  test.tree.write("sys/fs/cgroup/systemd/system.slice/z.service/cgroup.procs", "11\n");
  test.open(test.tree.path(), "system.slice/z.service");
  assert_true(test.look());
  assert_int_equal(test.processes->processes(), 1);
}

void more_groups_than_are_looked_into_are_told(void** state) {
  State& test = state_of(state);
  test.put_groups(CgroupFiles::kMostGroups);
  test.open_fixture();
  assert_true(test.look());
  assert_false(test.group->saw_all_groups());
}

void as_many_groups_as_are_looked_into_are_all(void** state) {
  State& test = state_of(state);
  test.put_groups(CgroupFiles::kMostGroups - 1);
  test.open_fixture();
  assert_true(test.look());
  assert_true(test.group->saw_all_groups());
}

void groups_that_are_too_deep_hide_none_beside_them(void** state) {
  State& test = state_of(state);
  static std::string path;
  path.clear();
  for (int depth = 0; depth <= CgroupFiles::kMostDepth; ++depth) path += "deep/";
  test.put_file((path + "cgroup.procs").c_str(), "11\n");
  test.put_file("beside/cgroup.procs", "11\n");
  test.put_file("aside/cgroup.procs", "12\n");
  test.put_file("cgroup.procs", "10\n");
  test.open_fixture();
  assert_true(test.look());
  assert_int_equal(test.processes->processes(), 3);
  assert_false(test.group->saw_all_groups());
}

void groups_beyond_those_that_are_looked_into_are_not_opened(void** state) {
  State& test = state_of(state);
  test.put_groups(200);
  test.open_fixture();
  test.watch_opened("sys/fs/cgroup/system.slice/x.service");
  assert_true(test.opened.works());
  assert_true(test.look());
  assert_int_equal(test.opened.count("below"), CgroupFiles::kMostGroups - 1);
}

void processes_beyond_those_of_a_tree_are_not_opened(void** state) {
  State& test = state_of(state);
  test.put_processes(1000, ProcessTree::kMostProcesses + 1);
  test.put_groups(1);
  test.open_fixture();
  test.watch_opened("proc/" + std::to_string(1000 + ProcessTree::kMostProcesses));
  test.watch_opened("sys/fs/cgroup/system.slice/x.service");
  assert_true(test.opened.works());
  assert_true(test.look());
  assert_int_equal(test.processes->processes(), ProcessTree::kMostProcesses);
  assert_true(test.processes->overflowed());
  assert_true(test.opened.has("cgroup.procs"));
  assert_false(test.opened.has("stat") || test.opened.has("below0"));
}

void a_real_group_is_read(void** state) {
  State& test = state_of(state);
  if (!test.make_real_group()) skip();
  assert_true(test.look());
  assert_int_equal(test.processes->processes(), 1);
  assert_near(test.processes->usage().value(UsageField::kProcesses), 1, 0, 0);
}

void the_files_of_a_real_group_stay_open(void** state) {
  State& test = state_of(state);
  if (!test.make_real_group()) skip();
  test.opened.watch(test.real);
  assert_true(test.look());
  if (!test.opened.works() || !test.opened.has("cpu.stat")) skip();  // the kernel does not tell
  test.opened.forget();
  assert_true(test.look());
  assert_true(test.opened.has("cgroup.procs"));
  assert_false(test.opened.has("cpu.stat"));
  assert_true(test.usage.has(UsageField::kUserSeconds));
}

void the_files_of_a_real_group_that_was_made_anew_are_its_own(void** state) {
  State& test = state_of(state);
  if (!test.make_real_group()) skip();
  assert_true(test.look());
  const std::uint32_t told = test.group->told();
  test.end_child();
  assert_int_equal(rmdir(test.real.c_str()), 0);
  assert_false(test.look());
  assert_int_equal(mkdir(test.real.c_str(), 0755), 0);
  assert_true(test.add_child());
  assert_true(test.look());
  assert_int_equal(test.processes->processes(), 1);
  assert_int_equal(test.group->told(), told);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(what_the_files_say_is_read, set_up, tear_down),
    cmocka_unit_test_setup_teardown(its_processes_and_those_of_groups_below_are_listed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(files_that_are_not_there_are_absent, set_up, tear_down),
    cmocka_unit_test_setup_teardown(files_that_say_nonsense_are_absent, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_device_made_of_others_is_not_counted_beside_them, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_group_that_is_not_there_says_so_and_is_found_when_it_comes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(counters_go_on_over_a_group_that_was_made_anew, set_up, tear_down),
    cmocka_unit_test_setup_teardown(version_1_lists_the_processes_below_systemd, set_up, tear_down),
    cmocka_unit_test_setup_teardown(more_groups_than_are_looked_into_are_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(as_many_groups_as_are_looked_into_are_all, set_up, tear_down),
    cmocka_unit_test_setup_teardown(groups_that_are_too_deep_hide_none_beside_them, set_up, tear_down),
    cmocka_unit_test_setup_teardown(groups_beyond_those_that_are_looked_into_are_not_opened, set_up, tear_down),
    cmocka_unit_test_setup_teardown(processes_beyond_those_of_a_tree_are_not_opened, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_real_group_is_read, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_files_of_a_real_group_stay_open, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_files_of_a_real_group_that_was_made_anew_are_its_own, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
