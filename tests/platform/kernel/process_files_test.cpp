#include "platform/kernel/process_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "tests/platform/kernel/made_process.h"
#include "tests/platform/kernel/opened_proc.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::PidList;
using epsilond::platform::ProcessFiles;
using epsilond::tests::drop;
using epsilond::tests::open_host;
using epsilond::tests::open_tree;
using epsilond::tests::OpenedProc;
using epsilond::tests::put_descriptors;
using epsilond::tests::put_io;

namespace {

struct State : OpenedProc<ProcessFiles> {
  std::unique_ptr<PidList> list;
  std::array<int, 50> opened{};
};

constexpr auto set_up_tree = open_tree<State, 7>;
constexpr auto set_up_host = open_host<State>;
constexpr auto tear_down = drop<State>;

State& state_of(void** state) { return *static_cast<State*>(*state); }

void bytes_are_those_of_the_process(void** state) {
  State& test = state_of(state);
  assert_false(test.reader->io(7).has_value());
  put_io(test.tree, 7, 5, 6);
  assert_int_equal(test.reader->io(7)->read_bytes, 5);
  assert_int_equal(test.reader->io(7)->written_bytes, 6);
  test.tree.write("proc/7/io", "nonsense\n");
  assert_false(test.reader->io(7).has_value());
}

void descriptors_of_a_tree_are_listed(void** state) {
  State& test = state_of(state);
  assert_false(test.reader->descriptors(7).has_value());
  put_descriptors(test.tree, 7, 0, 299);
  assert_int_equal(test.reader->descriptors(7).value_or(0), 300);
}

void a_unit_is_that_of_the_group(void** state) {
  State& test = state_of(state);
  assert_true(test.reader->unit(7).empty());
  test.tree.write("proc/7/cgroup", "0::/system.slice/nginx.service\n");
  assert_string_equal(test.reader->unit(7).c_str(), "nginx.service");
}

void the_number_of_a_container_is_cut_to_what_people_write(void** state) {
  State& test = state_of(state);
  test.tree.write("proc/7/cgroup",
                  "0::/system.slice/docker-3f2a1b4c5d6e708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809.scope\n");
  assert_string_equal(test.reader->unit(7).c_str(), "docker-3f2a1b4c5d6e.scope");
  test.tree.write("proc/7/cgroup", "0::/lxc/deadbeef-1234\n");
  assert_string_equal(test.reader->unit(7).c_str(), "deadbeef-1234");
}

void a_process_that_is_not_there_is_told_by_nothing(void** state) {
  State& test = state_of(state);
  std::array<char, 16> buffer{};
  assert_int_equal(test.reader->read(8, "stat", buffer), -ENOENT);
  assert_false(test.reader->uid(8).has_value() || test.reader->io(8).has_value() ||
               test.reader->descriptors(8).has_value());
  assert_true(test.reader->unit(8).empty());
}

void the_list_holds_processes_only(void** state) {
  State& test = state_of(state);
  for (const char* name : {"proc/12x/stat", "proc/x12/stat", "proc/0/stat", "proc/99999999999/stat"})
    test.tree.write(name, "nonsense\n");
  test.list = std::make_unique<PidList>(*test.root);
  assert_int_equal(test.list->next().value_or(0), 7);
  assert_false(test.list->next().has_value());
  assert_false(test.list->next().has_value());
}

void the_kernel_tells_of_this_process(void** state) {
  State& test = state_of(state);
  assert_int_equal(test.reader->uid(getpid()).value_or(77777), geteuid());
  const std::uint32_t before = test.reader->descriptors(getpid()).value_or(0);
  for (int& fd : test.opened) fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const std::uint32_t after = test.reader->descriptors(getpid()).value_or(0);
  for (const int fd : test.opened) close(fd);
  assert_true(before >= 3);
  assert_int_equal(after - before, test.opened.size());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(bytes_are_those_of_the_process, set_up_tree, tear_down),
    cmocka_unit_test_setup_teardown(descriptors_of_a_tree_are_listed, set_up_tree, tear_down),
    cmocka_unit_test_setup_teardown(a_unit_is_that_of_the_group, set_up_tree, tear_down),
    cmocka_unit_test_setup_teardown(the_number_of_a_container_is_cut_to_what_people_write, set_up_tree, tear_down),
    cmocka_unit_test_setup_teardown(a_process_that_is_not_there_is_told_by_nothing, set_up_tree, tear_down),
    cmocka_unit_test_setup_teardown(the_list_holds_processes_only, set_up_tree, tear_down),
    cmocka_unit_test_setup_teardown(the_kernel_tells_of_this_process, set_up_host, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
