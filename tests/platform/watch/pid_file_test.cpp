#include "platform/watch/pid_file.h"

#include <sys/stat.h>

#include <string>

#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::parse_pid_file;
using epsilond::platform::read_pid_file;
using epsilond::platform::Result;
using epsilond::tests::TempTree;

namespace {

int set_up(void** state) {
  *state = new TempTree;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<TempTree*>(*state);
  return 0;
}

// Of a file with this text; 0: refused.
std::int32_t pid_in(void** state, std::string_view text) {
  auto& tree = *static_cast<TempTree*>(*state);
  tree.write("run/x.pid", text);
  const Result<std::int32_t> pid = read_pid_file((tree.path() + "/run/x.pid").c_str());
  return pid ? *pid : 0;
}

ErrorCode error_of(void** state, const char* name) {
  const Result<std::int32_t> pid = read_pid_file((static_cast<TempTree*>(*state)->path() + "/" + name).c_str());
  return pid ? ErrorCode::kInvalid : pid.error().code;
}

bool make_pipe(void** state, const char* name) {
  return ::mkfifo((static_cast<TempTree*>(*state)->path() + "/" + name).c_str(), 0600) == 0;
}

void a_number_is_read_with_or_without_its_line_feed(void** state) {
  assert_int_equal(pid_in(state, "4711\n"), 4711);
  assert_int_equal(pid_in(state, "4711"), 4711);
  assert_int_equal(pid_in(state, "  4711 \n"), 4711);
}

void what_follows_the_first_line_is_the_daemons_own(void** state) {
  assert_int_equal(pid_in(state, "812\n/var/lib/postgresql/15/main\n1700000000\n5432\n"), 812);
}

void garbage_is_refused(void**) {
  for (const char* text : {"", "\n", "x", "0", "-4", "+4", "4 5\n", "4.5", "99999999999", "\n4711\n", "0x12"}) {
    const Result<std::int32_t> pid = parse_pid_file(text);
    if (pid) fail_msg("taken: \"%s\"", text);
    assert_int_equal(pid.error().code, ErrorCode::kMalformed);
  }
}

void a_file_that_is_not_there_says_so(void** state) { assert_int_equal(error_of(state, "absent"), ErrorCode::kNotFound); }

void a_pipe_or_a_directory_is_refused_at_once(void** state) {
  assert_true(make_pipe(state, "pipe"));
  assert_int_equal(error_of(state, "pipe"), ErrorCode::kMalformed);
  assert_int_equal(error_of(state, ""), ErrorCode::kMalformed);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_number_is_read_with_or_without_its_line_feed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_follows_the_first_line_is_the_daemons_own, set_up, tear_down),
    cmocka_unit_test(garbage_is_refused),
    cmocka_unit_test_setup_teardown(a_file_that_is_not_there_says_so, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_pipe_or_a_directory_is_refused_at_once, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
