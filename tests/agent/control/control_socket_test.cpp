#include "agent/control/control_socket.h"

#include <sys/stat.h>

#include <chrono>
#include <string>

#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::ControlSocket;
using epsilond::tests::TempTree;

namespace {

constexpr std::chrono::seconds kBegan{1000};

struct State {
  TempTree tree;
  ControlSocket control;

  // Of a folder that is not there until a test makes it.
  std::string path() const { return tree.path() + "/a/b/sock"; }
  void open() { control.open(path()); }
  bool listens() { return !control.watched().empty(); }
  bool has_file() const {
    struct stat found {};
    return ::lstat(path().c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
  }
};

int set_up(void** state) {
  *state = new State;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void what_could_not_be_made_is_tried_again_each_minute(void** state) {
  State& test = state_of(state);
  test.open();
  assert_false(test.listens());
  test.tree.write("a/b/other", "");
  test.control.tick(kBegan);
  test.control.tick(kBegan + std::chrono::seconds(59));
  assert_false(test.listens());
  test.control.tick(kBegan + std::chrono::seconds(60));
  assert_true(test.listens());
}

void what_could_not_be_made_is_made_by_opening_it_again(void** state) {
  State& test = state_of(state);
  test.open();
  test.tree.write("a/b/other", "");
  test.open();
  assert_true(test.listens());
}

void a_file_that_is_gone_is_made_anew(void** state) {
  State& test = state_of(state);
  test.tree.write("a/b/other", "");
  test.open();
  test.tree.remove("a/b/sock");
  test.control.tick(kBegan);
  assert_false(test.has_file());
  test.control.tick(kBegan + std::chrono::minutes(1));
  assert_true(test.has_file());
  test.tree.remove("a/b/sock");
  test.open();
  assert_true(test.has_file());
}

void nothing_is_tried_where_none_is_wanted(void** state) {
  State& test = state_of(state);
  test.tree.write("a/b/other", "");
  test.open();
  test.control.open("");
  assert_false(test.has_file());
  test.control.tick(kBegan);
  test.control.tick(kBegan + std::chrono::minutes(2));
  assert_false(test.listens());
  assert_false(test.has_file());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(what_could_not_be_made_is_tried_again_each_minute, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_could_not_be_made_is_made_by_opening_it_again, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_file_that_is_gone_is_made_anew, set_up, tear_down),
    cmocka_unit_test_setup_teardown(nothing_is_tried_where_none_is_wanted, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
