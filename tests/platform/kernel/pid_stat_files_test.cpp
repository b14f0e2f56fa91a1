#include "platform/kernel/pid_stat_files.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "tests/platform/kernel/opened_proc.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::PidStatFiles;
using epsilond::tests::drop;
using epsilond::tests::open_host;
using epsilond::tests::open_tree;
using epsilond::tests::OpenedProc;

namespace {

struct State : OpenedProc<PidStatFiles> {
  std::array<char, 2048> buffer{};
  rlimit before{};  // of descriptors; 0: not changed
  // Children of this test that have ended and wait to be reaped: of so many, two share their first place.
  std::array<pid_t, PidStatFiles::kKept + 1> children{};
  std::size_t child_count = 0;
  std::array<pid_t, 2> neighbours{};

  bool limit_descriptors(rlim_t most) {
    if (::getrlimit(RLIMIT_NOFILE, &before) != 0) return false;
    const rlimit limit{most, before.rlim_max};
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
  }
  bool add_child() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    siginfo_t ended;
    if (child < 0 || waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) != 0) return false;
    const auto place = [](pid_t pid) { return static_cast<std::size_t>(pid) % PidStatFiles::kKept; };
    for (std::size_t i = 0; i < child_count; ++i)
      if (place(children[i]) == place(child)) neighbours = {children[i], child};
    children[child_count++] = child;
    return true;
  }
  bool make_neighbours() {
    while (neighbours[0] == 0 && child_count < children.size())
      if (!add_child()) return false;
    return neighbours[0] != 0;
  }
  ~State() {
    for (std::size_t i = 0; i < child_count; ++i) waitpid(children[i], nullptr, 0);
    if (before.rlim_max != 0) ::setrlimit(RLIMIT_NOFILE, &before);
  }
};
struct FewState : OpenedProc<PidStatFiles, std::size_t{1}> {};
struct NoneState : OpenedProc<PidStatFiles, std::size_t{0}> {};

constexpr auto set_up_tree = open_tree<State, 7>;
constexpr auto set_up_host = open_host<State>;
constexpr auto tear_down = drop<State>;

State& state_of(void** state) { return *static_cast<State*>(*state); }

void descriptors_of_the_kernels_files_are_kept(void** state) {
  State& test = state_of(state);
  assert_true(test.reader->read(getpid(), test.buffer) > 0);
  assert_int_equal(test.reader->kept(), 1);
  assert_true(test.reader->read(getpid(), test.buffer) > 0);
  assert_int_equal(test.reader->kept(), 1);
}

void those_not_read_in_a_pass_are_let_go(void** state) {
  State& test = state_of(state);
  assert_true(test.reader->read(getpid(), test.buffer) > 0);
  test.reader->end_pass();
  assert_int_equal(test.reader->kept(), 1);
  test.reader->end_pass();
  assert_int_equal(test.reader->kept(), 0);
}

void a_process_that_has_ended_is_not_found_through_a_kept_descriptor(void** state) {
  State& test = state_of(state);
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t ended;
  waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
  const std::ptrdiff_t as_zombie = test.reader->read(child, test.buffer);
  waitpid(child, nullptr, 0);
  const std::ptrdiff_t when_gone = test.reader->read(child, test.buffer);
  assert_true(as_zombie > 0);
  assert_true(when_gone == -ENOENT || when_gone == -ESRCH);
  assert_int_equal(test.reader->kept(), 0);
}

template <typename S>
std::size_t kept_of_two(void** state) {
  S& test = *static_cast<S*>(*state);
  std::array<char, 2048> buffer{};
  for (const pid_t pid : {getpid(), 1, getpid(), 1})
    if (test.reader->read(pid, buffer) <= 0) return 99;
  return test.reader->kept();
}

void no_more_are_kept_than_are_allowed(void** state) { assert_int_equal(kept_of_two<FewState>(state), 1); }
void none_are_kept_where_none_is_allowed(void** state) { assert_int_equal(kept_of_two<NoneState>(state), 0); }

void files_that_are_not_the_kernels_are_not_kept(void** state) {
  State& test = state_of(state);
  assert_true(test.reader->read(7, test.buffer) > 0);
  assert_int_equal(test.reader->kept(), 0);
}

void processes_of_one_place_are_both_kept(void** state) {
  State& test = state_of(state);
  assert_true(test.make_neighbours());
  for (int pass = 0; pass < 3; ++pass) {
    for (const pid_t pid : test.neighbours) assert_true(test.reader->read(pid, test.buffer) > 0);
    assert_int_equal(test.reader->kept(), 2);
    test.reader->end_pass();
  }
  assert_int_equal(test.reader->kept(), 2);
}

void all_are_given_back_where_there_are_none_left(void** state) {
  State& test = state_of(state);
  const int next = dup(0);
  assert_true(next >= 0);
  close(next);
  assert_true(test.reader->read(getpid(), test.buffer) > 0);
  assert_int_equal(test.reader->kept(), 1);
  // Nothing above the descriptor that is kept, and all below it are taken.
  assert_true(test.limit_descriptors(static_cast<rlim_t>(next) + 1));
  assert_true(test.reader->read(1, test.buffer) > 0);
  assert_int_equal(test.reader->kept(), 0);
  // It goes on without for a while.
  for (int pass = 0; pass < PidStatFiles::kPassesOfRest; ++pass) {
    assert_true(test.reader->read(getpid(), test.buffer) > 0);
    assert_int_equal(test.reader->kept(), 0);
    test.reader->end_pass();
  }
  assert_true(test.reader->read(getpid(), test.buffer) > 0);
  assert_int_equal(test.reader->kept(), 1);
}

void a_process_that_is_not_there_is_not_found(void** state) {
  State& test = state_of(state);
  assert_int_equal(test.reader->read(8, test.buffer), -ENOENT);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(descriptors_of_the_kernels_files_are_kept, set_up_host, tear_down),
    cmocka_unit_test_setup_teardown(those_not_read_in_a_pass_are_let_go, set_up_host, tear_down),
    cmocka_unit_test_setup_teardown(a_process_that_has_ended_is_not_found_through_a_kept_descriptor, set_up_host,
                                    tear_down),
    cmocka_unit_test_setup_teardown(no_more_are_kept_than_are_allowed, open_host<FewState>, drop<FewState>),
    cmocka_unit_test_setup_teardown(none_are_kept_where_none_is_allowed, open_host<NoneState>, drop<NoneState>),
    cmocka_unit_test_setup_teardown(files_that_are_not_the_kernels_are_not_kept, set_up_tree, tear_down),
    cmocka_unit_test_setup_teardown(processes_of_one_place_are_both_kept, set_up_host, tear_down),
    cmocka_unit_test_setup_teardown(all_are_given_back_where_there_are_none_left, set_up_host, tear_down),
    cmocka_unit_test_setup_teardown(a_process_that_is_not_there_is_not_found, set_up_tree, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
