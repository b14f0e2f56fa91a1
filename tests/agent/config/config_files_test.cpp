#include "agent/config/config_files.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "agent/config/config_lines.h"
#include "tests/agent/config/config_support.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::agent;
using epsilond::tests::config;
using epsilond::tests::last_result;
using epsilond::tests::message;

namespace {

// A temporary directory, with a file for each test to fill.
struct Tree {
  std::string root;
};

Tree& tree(void** state) { return *static_cast<Tree*>(*state); }

int make_tree(void** state) {
  char path[] = "/tmp/epsilond-config-XXXXXX";
  if (mkdtemp(path) == nullptr) return 1;
  *state = new Tree{path};
  return 0;
}

int remove_one(const char* path, const struct stat*, int, struct FTW*) { return remove(path); }

int remove_tree(void** state) {
  Tree* all = static_cast<Tree*>(*state);
  nftw(all->root.c_str(), remove_one, 8, FTW_DEPTH | FTW_PHYS);
  delete all;
  return 0;
}

bool write_file(void** state, const char* name, std::string_view text) {
  const std::string path = tree(state).root + "/" + name;
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return false;
  std::fwrite(text.data(), 1, text.size(), file);
  return std::fclose(file) == 0;
}

bool make_directory(void** state, const char* name) {
  return mkdir((tree(state).root + "/" + name).c_str(), 0755) == 0;
}

bool make_fifo(void** state, const char* name) { return mkfifo((tree(state).root + "/" + name).c_str(), 0644) == 0; }
bool lock(void** state, const char* name) { return chmod((tree(state).root + "/" + name).c_str(), 0) == 0; }

LoadStatus load(void** state, const char* name) {
  last_result() = load_config(tree(state).root + "/" + name);
  return last_result().status;
}

bool file_is(void** state, std::size_t index, const char* name) {
  return last_result().loaded.files[index] == tree(state).root + "/" + name;
}

std::size_t file_count() { return last_result().loaded.files.size(); }

std::size_t texts_of_missing(void** state, bool required, LoadStatus* status) {
  const ConfigFiles files = read_config_files(tree(state).root + "/none.ini", required);
  *status = files.status;
  return files.texts.size();
}

bool message_names(void** state, const char* name) {
  return message().starts_with(tree(state).root + "/" + name + ": ");
}

void the_named_file_is_read(void** state) {
  assert_true(write_file(state, "e.ini", "[agent]\ninterval = 7s\n"));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kOk);
  assert_near(config().interval_s, 7, 0, 0);
}

void conf_d_follows_in_byte_order(void** state) {
  assert_true(make_directory(state, "conf.d"));
  assert_true(write_file(state, "e.ini", "[agent]\ninterval = 1s\n"));
  assert_true(write_file(state, "conf.d/b.ini", "[agent]\ninterval = 3s\n"));
  assert_true(write_file(state, "conf.d/a.ini", "[agent]\ninterval = 4s\n"));
  assert_true(write_file(state, "conf.d/B.ini", "[agent]\ninterval = 5s\n"));
  assert_true(write_file(state, "conf.d/10.ini", "[agent]\ninterval = 6s\n"));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kOk);
  assert_int_equal(file_count(), 5);
  assert_true(file_is(state, 1, "conf.d/10.ini"));
  assert_true(file_is(state, 2, "conf.d/B.ini"));
  assert_true(file_is(state, 3, "conf.d/a.ini"));
  assert_true(file_is(state, 4, "conf.d/b.ini"));
  assert_near(config().interval_s, 3, 0, 0);
}

void what_is_no_ini_file_is_passed_over(void** state) {
  assert_true(make_directory(state, "conf.d"));
  assert_true(make_directory(state, "conf.d/dir.ini"));
  assert_true(write_file(state, "e.ini", ""));
  assert_true(write_file(state, "conf.d/a.ini~", "garbage"));
  assert_true(write_file(state, "conf.d/a.ini.dpkg-old", "garbage"));
  assert_true(write_file(state, "conf.d/.hidden.ini", "garbage"));
  assert_true(write_file(state, "conf.d/README", "garbage"));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kOk);
  assert_int_equal(file_count(), 1);
}

void a_fifo_in_conf_d_does_not_hold_us_up(void** state) {
  assert_true(make_directory(state, "conf.d"));
  assert_true(make_fifo(state, "conf.d/f.ini"));
  assert_true(write_file(state, "e.ini", ""));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kOk);
}

void a_mistake_in_conf_d_is_named_with_its_file(void** state) {
  assert_true(make_directory(state, "conf.d"));
  assert_true(write_file(state, "e.ini", ""));
  assert_true(write_file(state, "conf.d/a.ini", "\n[agnet]\n"));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kInvalid);
  assert_true(message_names(state, "conf.d/a.ini:2"));
}

void a_named_file_that_does_not_exist_exits_with_66(void** state) {
  assert_int_equal(load(state, "none.ini"), LoadStatus::kNotFound);
  assert_int_equal(exit_code_of(last_result().status), 66);
  assert_true(message_names(state, "none.ini"));
}

void a_directory_in_place_of_the_file_exits_with_74(void** state) {
  assert_true(make_directory(state, "e.ini"));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kIo);
  assert_int_equal(exit_code_of(last_result().status), 74);
}

void an_unreadable_file_exits_with_77(void** state) {
  if (geteuid() == 0) skip();  // root reads everything
  assert_true(write_file(state, "e.ini", ""));
  assert_true(lock(state, "e.ini"));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kNoPermission);
}

void permission_is_exit_77(void**) { assert_int_equal(exit_code_of(LoadStatus::kNoPermission), 77); }

void a_default_file_need_not_exist(void** state) {
  LoadStatus status = LoadStatus::kIo;
  assert_int_equal(texts_of_missing(state, false, &status), 0);
  assert_int_equal(status, LoadStatus::kOk);
}

void conf_d_is_read_even_without_the_file_beside_it(void** state) {
  assert_true(make_directory(state, "conf.d"));
  assert_true(write_file(state, "conf.d/a.ini", ""));
  LoadStatus status = LoadStatus::kIo;
  assert_int_equal(texts_of_missing(state, false, &status), 1);
}

bool write_blanks(void** state, const char* name, std::size_t count) {
  return write_file(state, name, std::string(count, '\n'));
}

void a_file_above_256_KiB_is_refused(void** state) {
  assert_true(write_blanks(state, "e.ini", kMaxConfigBytes + 1));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kInvalid);
  assert_true(message_names(state, "e.ini"));
  assert_true(write_blanks(state, "e.ini", kMaxConfigBytes));
  assert_int_equal(load(state, "e.ini"), LoadStatus::kOk);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_named_file_is_read, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(conf_d_follows_in_byte_order, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(what_is_no_ini_file_is_passed_over, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(a_fifo_in_conf_d_does_not_hold_us_up, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(a_mistake_in_conf_d_is_named_with_its_file, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(a_named_file_that_does_not_exist_exits_with_66, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(a_directory_in_place_of_the_file_exits_with_74, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(an_unreadable_file_exits_with_77, make_tree, remove_tree),
    cmocka_unit_test(permission_is_exit_77),
    cmocka_unit_test_setup_teardown(a_default_file_need_not_exist, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(conf_d_is_read_even_without_the_file_beside_it, make_tree, remove_tree),
    cmocka_unit_test_setup_teardown(a_file_above_256_KiB_is_refused, make_tree, remove_tree),
};
EPSILOND_TEST_MAIN(kTests)
