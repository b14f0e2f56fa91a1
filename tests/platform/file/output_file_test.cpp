#include "platform/file/output_file.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::OutputFile;
using epsilond::platform::Result;

namespace {

// A fresh directory for each test, removed with what is in it.
int make_directory(void** state) {
  *state = new std::string("/tmp/epsilond-output-XXXXXX");
  return mkdtemp(static_cast<std::string*>(*state)->data()) == nullptr ? -1 : 0;
}

int remove_directory(void** state) {
  auto* directory = static_cast<std::string*>(*state);
  const int status = std::system(("rm -rf " + *directory).c_str());
  delete directory;
  return status;
}

std::string in(void** state, const char* name) { return *static_cast<std::string*>(*state) + "/" + name; }

std::size_t entries(void** state) {
  DIR* directory = opendir(static_cast<std::string*>(*state)->c_str());
  std::size_t count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count - 2;  // "." and ".."
}

std::size_t size_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

bool holds(const std::string& path, std::string_view expected) {
  return epsilond::tests::TempTree::content_of(path) == expected;
}

// Writes `text` to NAME; commits if asked. True when every step succeeded.
bool write_file(const std::string& path, std::string_view text, bool commit) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file) return false;
  file->write(text);
  return !commit || file->commit();
}

bool write_large(const std::string& path, std::size_t bytes) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file) return false;
  file->write("x");
  file->write(std::string(bytes, 'y'));
  file->write("z");
  return static_cast<bool>(file->commit());
}

bool write_after_move(const std::string& path) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file) return false;
  OutputFile moved(std::move(*file));
  moved.write("moved");
  return static_cast<bool>(moved.commit());
}

void a_committed_file_is_whole_and_alone(void** state) {
  assert_true(write_file(in(state, "a"), "text\n", true));
  assert_true(holds(in(state, "a"), "text\n"));
  assert_int_equal(entries(state), 1);
}

void a_file_that_was_not_committed_leaves_nothing(void** state) {
  assert_true(write_file(in(state, "a"), "text\n", false));
  assert_int_equal(entries(state), 0);
}

void an_older_file_is_replaced_only_by_a_commit(void** state) {
  assert_true(write_file(in(state, "a"), "old", true));
  assert_true(write_file(in(state, "a"), "new", false));
  assert_true(holds(in(state, "a"), "old"));
  assert_true(write_file(in(state, "a"), "new", true));
  assert_true(holds(in(state, "a"), "new"));
}

void a_replaced_file_keeps_its_mode(void** state) {
  assert_true(write_file(in(state, "a"), "old", true));
  assert_int_equal(chmod(in(state, "a").c_str(), 0640), 0);
  assert_true(write_file(in(state, "a"), "new", true));
  struct stat status {};
  assert_int_equal(::stat(in(state, "a").c_str(), &status), 0);
  assert_int_equal(status.st_mode & 07777U, 0640);
}

void a_symbolic_link_is_followed(void** state) {
  assert_true(write_file(in(state, "a"), "old", true));
  assert_int_equal(symlink("a", in(state, "link").c_str()), 0);
  assert_true(write_file(in(state, "link"), "new", true));
  assert_true(holds(in(state, "a"), "new"));
}

void text_larger_than_the_buffer_is_written_in_order(void** state) {
  assert_true(write_large(in(state, "a"), 200000));
  assert_int_equal(size_of(in(state, "a")), 200002);
}

void a_moved_file_is_still_written(void** state) {
  assert_true(write_after_move(in(state, "a")));
  assert_true(holds(in(state, "a"), "moved"));
}

// Can the file be opened, and does it hold `text` while it is open?
bool shows_in_place(const std::string& path, std::string_view text) {
  Result<OutputFile> file = OutputFile::open_in_place(path);
  if (!file) return false;
  file->write(text);
  return file->flush() && holds(path, text) && file->commit();
}

void what_is_written_in_place_is_there_at_once(void** state) {
  assert_true(write_file(in(state, "a"), "old and longer", true));
  assert_true(shows_in_place(in(state, "a"), "row\n"));
  assert_true(holds(in(state, "a"), "row\n"));
  assert_int_equal(entries(state), 1);
}

void what_cannot_be_opened_in_place_is_an_error(void** state) {
  assert_false(shows_in_place(in(state, "no/a"), "row\n"));
}

void a_full_device_is_an_error(void**) { assert_false(write_file("/dev/full", "text", true)); }

void a_missing_directory_is_an_error(void** state) { assert_false(write_file(in(state, "no/a"), "text", true)); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_committed_file_is_whole_and_alone, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_file_that_was_not_committed_leaves_nothing, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(an_older_file_is_replaced_only_by_a_commit, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_replaced_file_keeps_its_mode, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_symbolic_link_is_followed, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(text_larger_than_the_buffer_is_written_in_order, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_moved_file_is_still_written, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(what_is_written_in_place_is_there_at_once, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(what_cannot_be_opened_in_place_is_an_error, make_directory, remove_directory),
    cmocka_unit_test(a_full_device_is_an_error),
    cmocka_unit_test_setup_teardown(a_missing_directory_is_an_error, make_directory, remove_directory),
};
EPSILOND_TEST_MAIN(kTests)
