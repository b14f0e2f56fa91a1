#include "platform/file/text_file.h"

#include <dirent.h>

#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::list_regular_files;
using epsilond::platform::Result;
using epsilond::tests::TempTree;

namespace {

int entries_left = INT_MAX;  // then reading the directory fails

struct State {
  TempTree tree;
  Result<std::vector<std::string>> names;

  State() : names(std::vector<std::string>()) {
    tree.write("b.ini", "");
    tree.write("a.ini", "");
    tree.write("c.conf", "");
    tree.write(".d.ini", "");
  }
};

int set_up(void** state) {
  *state = new State;
  return 0;
}

int tear_down(void** state) {
  entries_left = INT_MAX;
  delete static_cast<State*>(*state);
  return 0;
}

State& listed(void** state) {
  State& test = *static_cast<State*>(*state);
  test.names = list_regular_files(test.tree.path(), ".ini");
  return test;
}

void files_are_listed_in_the_order_of_their_bytes(void** state) {
  const State& test = listed(state);
  assert_true(static_cast<bool>(test.names));
  assert_int_equal(test.names->size(), 2);
  assert_string_equal((*test.names)[0].c_str(), "a.ini");
  assert_string_equal((*test.names)[1].c_str(), "b.ini");
}

// Nor is half a configuration taken for a whole one.
void a_directory_that_cannot_be_read_to_its_end_is_an_error(void** state) {
  for (const int left : {0, 3}) {
    entries_left = left;
    const State& test = listed(state);
    assert_false(static_cast<bool>(test.names));
    assert_int_equal(test.names.error().code, ErrorCode::kIo);
    assert_int_equal(test.names.error().system_errno, EIO);
  }
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming): the linker's names.
#if __SIZEOF_POINTER__ == 4
#define __real_readdir __real_readdir64
#define __wrap_readdir __wrap_readdir64
#endif
extern "C" dirent* __real_readdir(DIR* directory);
extern "C" dirent* __wrap_readdir(DIR* directory) {
  if (entries_left-- > 0) return __real_readdir(directory);
  errno = EIO;
  return nullptr;
}
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(files_are_listed_in_the_order_of_their_bytes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_read_to_its_end_is_an_error, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
