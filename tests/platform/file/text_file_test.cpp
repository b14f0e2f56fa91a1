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
using epsilond::platform::read_text_file;
using epsilond::platform::Result;
using epsilond::tests::TempTree;

namespace {

int entries_left = INT_MAX;  // then reading a directory fails

constexpr std::size_t kLong = 10000;  // longer than one piece that is read

int make_tree(void** state) {
  auto* const tree = new TempTree;
  *state = tree;
  tree->write("long", std::string(kLong, 'x') + "end");
  tree->write("b.ini", "b");
  tree->write("a.ini", "a");
  tree->write(".ini", "no name");
  tree->write(".hidden.ini", "hidden");
  tree->write("a.ini.bak", "another ending");
  tree->write("folder.ini/file", "no regular file");
  tree->link("astray.ini", "nowhere");
  return 0;
}
int destroy(void** state) {
  entries_left = INT_MAX;
  delete static_cast<TempTree*>(*state);
  return 0;
}

bool reads(void** state, const char* name, std::size_t limit, std::size_t expected) {
  const Result<std::string> text = read_text_file(static_cast<TempTree*>(*state)->path() + "/" + name, limit);
  return text && text->size() == expected && (std::string(kLong, 'x') + "end").starts_with(*text);
}

ErrorCode refusal(void** state, const char* name) {
  const Result<std::string> text = read_text_file(static_cast<TempTree*>(*state)->path() + "/" + name, kLong);
  return text ? ErrorCode::kInvalid : text.error().code;
}

bool lists(void** state, std::string_view suffix, std::initializer_list<const char*> expected) {
  const Result<std::vector<std::string>> names = list_regular_files(static_cast<TempTree*>(*state)->path(), suffix);
  return names && *names == std::vector<std::string>(expected.begin(), expected.end());
}

bool cannot_list(void** state, const char* name) {
  const Result<std::vector<std::string>> names =
      list_regular_files(static_cast<TempTree*>(*state)->path() + "/" + name, "");
  return !names && names.error().code == ErrorCode::kNotFound;
}

void a_text_is_read_to_its_end_and_not_beyond_the_limit(void** state) {
  assert_true(reads(state, "long", kLong + 100, kLong + 3));
  assert_true(reads(state, "long", kLong + 2, kLong + 2));
  assert_true(reads(state, "long", 10, 10));
  assert_true(reads(state, "long", 0, 0));
}

void what_cannot_be_read_says_why(void** state) {
  assert_int_equal(refusal(state, "nowhere"), ErrorCode::kNotFound);
  assert_int_equal(refusal(state, "folder.ini"), ErrorCode::kIo);
}

void files_of_an_ending_are_listed_in_byte_order_and_a_link_astray_with_them(void** state) {
  assert_true(lists(state, ".ini", {"a.ini", "astray.ini", "b.ini"}));
  assert_true(lists(state, ".bak", {"a.ini.bak"}));
  assert_true(lists(state, ".conf", {}));
}

void a_directory_that_is_not_there_cannot_be_listed(void** state) { assert_true(cannot_list(state, "nowhere")); }

// Nor is half a configuration taken for a whole one.
void a_directory_that_cannot_be_read_to_its_end_is_an_error(void** state) {
  const TempTree& tree = *static_cast<TempTree*>(*state);
  for (const int left : {0, 3}) {
    entries_left = left;
    const Result<std::vector<std::string>> names = list_regular_files(tree.path(), ".ini");
    entries_left = INT_MAX;
    assert_false(static_cast<bool>(names));
    assert_int_equal(names.error().code, ErrorCode::kIo);
    assert_int_equal(names.error().system_errno, EIO);
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
    cmocka_unit_test_setup_teardown(a_text_is_read_to_its_end_and_not_beyond_the_limit, make_tree, destroy),
    cmocka_unit_test_setup_teardown(what_cannot_be_read_says_why, make_tree, destroy),
    cmocka_unit_test_setup_teardown(files_of_an_ending_are_listed_in_byte_order_and_a_link_astray_with_them, make_tree,
                                    destroy),
    cmocka_unit_test_setup_teardown(a_directory_that_is_not_there_cannot_be_listed, make_tree, destroy),
    cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_read_to_its_end_is_an_error, make_tree, destroy),
};
EPSILOND_TEST_MAIN(kTests)
