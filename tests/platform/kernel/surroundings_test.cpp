#include "platform/kernel/surroundings.h"

#include <string_view>

#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::look_around;
using epsilond::platform::parse_cpu_max;
using epsilond::platform::parse_memory_max;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::platform::Surroundings;
using epsilond::tests::TempTree;

namespace {

struct State {
  TempTree tree;
  Surroundings found;

  State() { tree.write("proc/mounts", "proc /proc proc rw 0 0\n"); }
  void look(std::int32_t pid = 0) {
    const Result<ProcRoot> proc = ProcRoot::make(tree.path());
    if (proc) found = look_around(*proc, tree.path(), pid);
  }
};

int setup(void** state) {
  *state = new State;
  return 0;
}
int teardown(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}
State& of(void** state) { return *static_cast<State*>(*state); }

void a_plain_machine_has_no_container_and_no_limit(void** state) {
  of(state).tree.write("proc/1/environ", std::string_view("HOME=/\0TERM=linux\0", 18));
  of(state).look();
  assert_string_equal(of(state).found.container.c_str(), "");
  assert_false(of(state).found.processors.has_value());
  assert_false(of(state).found.memory_bytes.has_value());
  assert_string_equal(of(state).found.hidepid.c_str(), "");
}

void what_systemd_says_of_the_container_comes_first(void** state) {
  of(state).tree.write("run/systemd/container", "systemd-nspawn\n");
  of(state).tree.write(".dockerenv", "");
  of(state).look();
  assert_string_equal(of(state).found.container.c_str(), "systemd-nspawn");
  assert_string_equal(of(state).found.container_sign.c_str(), "/run/systemd/container");
}

void docker_and_podman_are_known_by_their_marks(void** state) {
  of(state).tree.write(".dockerenv", "");
  of(state).look();
  assert_string_equal(of(state).found.container.c_str(), "docker");
  of(state).tree.write("run/.containerenv", "");
  of(state).look();
  assert_string_equal(of(state).found.container.c_str(), "podman");
}

void lxc_is_known_by_the_environment_of_process_1(void** state) {
  of(state).tree.write("proc/1/environ", std::string_view("container_uuid=1\0container=lxc\0", 31));
  of(state).look();
  assert_string_equal(of(state).found.container.c_str(), "lxc");
}

void lxcfs_gives_a_container_away_and_is_listed_file_by_file(void** state) {
  of(state).tree.write("proc/mounts",
                       "proc /proc proc rw 0 0\nlxcfs /proc/meminfo fuse.lxcfs rw 0 0\n"
                       "lxcfs /proc/stat fuse.lxcfs rw 0 0\n");
  of(state).look();
  assert_string_equal(of(state).found.container.c_str(), "lxc");
  assert_int_equal(of(state).found.stand_ins.size(), 2);
  assert_string_equal(of(state).found.stand_ins[1].path.c_str(), "stat");
  assert_string_equal(of(state).found.stand_ins[1].type.c_str(), "fuse.lxcfs");
}

void mounts_are_seen_through_the_eyes_of_the_process_asked_for(void** state) {
  of(state).tree.write("proc/4711/mounts", "proc /proc proc rw,hidepid=invisible,gid=27 0 0\n");
  of(state).look();
  assert_string_equal(of(state).found.hidepid.c_str(), "");
  of(state).look(4711);
  assert_string_equal(of(state).found.hidepid.c_str(), "invisible");
  assert_string_equal(of(state).found.hidepid_gid.c_str(), "27");
  of(state).look(4712);  // gone: our own view
  assert_string_equal(of(state).found.hidepid.c_str(), "");
}

void limits_of_the_topmost_group_count_everywhere(void** state) {
  of(state).tree.write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  of(state).tree.write("sys/fs/cgroup/memory.max", "536870912\n");
  of(state).look();
  assert_near(of(state).found.processors->value, 1.5, 0, 1e-15);
  assert_near(of(state).found.memory_bytes->value, 536870912.0, 0, 1e-15);
  assert_string_equal(of(state).found.memory_bytes->file.c_str(), "/sys/fs/cgroup/memory.max");
}

void in_a_container_the_tightest_limit_on_the_way_up_counts(void** state) {
  of(state).tree.write(".dockerenv", "");
  of(state).tree.write("proc/self/cgroup", "1:name=systemd:/x\n0::/docker/abc\n");
  of(state).tree.write("sys/fs/cgroup/docker/cpu.max", "100000 100000\n");
  of(state).tree.write("sys/fs/cgroup/docker/abc/cpu.max", "400000 100000\n");
  of(state).tree.write("sys/fs/cgroup/docker/abc/memory.max", "max\n");
  of(state).look();
  assert_near(of(state).found.processors->value, 1.0, 0, 1e-15);
  assert_string_equal(of(state).found.processors->file.c_str(), "/sys/fs/cgroup/docker/cpu.max");
  assert_false(of(state).found.memory_bytes.has_value());
}

void outside_a_container_the_group_of_a_service_is_no_limit_of_the_machine(void** state) {
  of(state).tree.write("proc/self/cgroup", "0::/system.slice/epsilond.service\n");
  of(state).tree.write("sys/fs/cgroup/system.slice/epsilond.service/memory.max", "67108864\n");
  of(state).look();
  assert_false(of(state).found.memory_bytes.has_value());
}

void the_older_hierarchies_have_limits_too(void** state) {
  of(state).tree.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
  of(state).tree.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  of(state).tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
  of(state).look();
  assert_near(of(state).found.processors->value, 0.5, 0, 1e-15);
  assert_near(of(state).found.memory_bytes->value, 1073741824.0, 0, 1e-15);
  of(state).tree.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  of(state).look();
  assert_false(of(state).found.processors.has_value());
}

void limits_are_numbers_and_anything_else_is_none(void**) {
  assert_near(parse_cpu_max("200000 100000\n").value_or(0), 2.0, 0, 1e-15);
  for (const char* text :
       {"", "max 100000\n", "100000", "100000 0\n", "0 100000\n", "1e5 100000\n", "1 2 3\n", "-1 1\n"})
    if (parse_cpu_max(text)) fail_msg("\"%s\" is a limit", text);
  assert_near(parse_memory_max("4096\n").value_or(0), 4096.0, 0, 1e-15);
  for (const char* text : {"", "max\n", "0\n", "-1\n", "12 kB\n", "99999999999999999999999\n"})
    if (parse_memory_max(text)) fail_msg("\"%s\" is a limit", text);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_plain_machine_has_no_container_and_no_limit, setup, teardown),
    cmocka_unit_test_setup_teardown(what_systemd_says_of_the_container_comes_first, setup, teardown),
    cmocka_unit_test_setup_teardown(docker_and_podman_are_known_by_their_marks, setup, teardown),
    cmocka_unit_test_setup_teardown(lxc_is_known_by_the_environment_of_process_1, setup, teardown),
    cmocka_unit_test_setup_teardown(lxcfs_gives_a_container_away_and_is_listed_file_by_file, setup, teardown),
    cmocka_unit_test_setup_teardown(mounts_are_seen_through_the_eyes_of_the_process_asked_for, setup, teardown),
    cmocka_unit_test_setup_teardown(limits_of_the_topmost_group_count_everywhere, setup, teardown),
    cmocka_unit_test_setup_teardown(in_a_container_the_tightest_limit_on_the_way_up_counts, setup, teardown),
    cmocka_unit_test_setup_teardown(outside_a_container_the_group_of_a_service_is_no_limit_of_the_machine, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(the_older_hierarchies_have_limits_too, setup, teardown),
    cmocka_unit_test(limits_are_numbers_and_anything_else_is_none),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
