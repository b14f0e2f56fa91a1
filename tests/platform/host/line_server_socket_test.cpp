// The socket of a line server as a file: whose it is, where it may be, what it replaces.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "platform/host/line_client.h"
#include "tests/platform/host/line_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::tests;

namespace {

using Bench = LineBench;
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void the_socket_is_for_owner_and_group_whatever_the_umask(void** state) {
  Bench& bench = get(state);
  for (const mode_t mask : {0U, 077U, 022U}) {
    const mode_t before = ::umask(mask);
    const bool made = bench.listen();
    const mode_t after = ::umask(before);
    assert_true(made);
    assert_int_equal(after, mask);
    assert_int_equal(bench.mode(), 0660);
    bench.server.reset();
  }
}

void a_missing_directory_is_made(void** state) {
  Bench& bench = get(state);
  bench.path = std::string(bench.folder) + "/run/control.sock";
  assert_true(bench.listen());
  assert_true(bench.is_there());
}

void a_missing_tree_is_an_error_that_names_the_path(void** state) {
  Bench& bench = get(state);
  assert_false(bench.listen(std::string(bench.folder) + "/no/such/control.sock"));
  assert_int_equal(bench.code, ErrorCode::kNotFound);
  assert_non_null(std::strstr(bench.problem.c_str(), "/no/such/control.sock"));
}

// As a crash leaves it: nobody listens.
bool leave_stale_socket(Bench& bench) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(bench.path.begin(), bench.path.end(), address.sun_path);
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

void a_stale_socket_is_replaced(void** state) {
  Bench& bench = get(state);
  assert_true(leave_stale_socket(bench));
  assert_true(bench.listen());
  assert_true(bench.send(bench.connect(), "status\n"));
  bench.serve_all();
  assert_int_equal(bench.service.asked, 1);
}

void a_second_server_is_refused_and_the_first_goes_on(void** state) {
  Bench& bench = get(state);
  assert_false(bench.listen());
  assert_int_equal(bench.code, ErrorCode::kUnavailable);
  assert_true(bench.send(bench.connect(), "status\n"));
  bench.serve_all();
  assert_int_equal(bench.service.asked, 1);
}

void a_file_that_is_no_socket_is_left_alone(void** state) {
  Bench& bench = get(state);
  const int fd = ::open(bench.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  ::close(fd);
  assert_false(bench.listen());
  assert_int_equal(bench.code, ErrorCode::kInvalid);
  assert_int_equal(bench.mode(), 0600);
}

void a_path_longer_than_a_socket_may_have_is_refused(void** state) {
  Bench& bench = get(state);
  assert_false(bench.listen("/tmp/" + std::string(LineServer::kLongestPath, 'x')));
  assert_int_equal(bench.code, ErrorCode::kInvalid);
}

void its_end_removes_the_socket(void** state) {
  Bench& bench = get(state);
  assert_true(bench.is_there());
  bench.server.reset();
  assert_false(bench.is_there());
}

void its_end_leaves_the_socket_of_another_alone(void** state) {
  Bench& bench = get(state);
  assert_int_equal(::unlink(bench.path.c_str()), 0);
  assert_true(leave_stale_socket(bench));
  bench.server.reset();
  assert_true(bench.is_there());
}

ErrorCode ask_nobody(const std::string& path) {
  const auto answer = epsilond::platform::ask_line(path, "status", seconds(1), 1000);
  return answer ? ErrorCode::kTooLarge : answer.error().code;
}

void asking_where_nobody_listens_says_so(void** state) {
  Bench& bench = get(state);
  assert_int_equal(ask_nobody(bench.path), ErrorCode::kNotFound);
  assert_true(leave_stale_socket(bench));
  assert_int_equal(ask_nobody(bench.path), ErrorCode::kUnavailable);
  assert_int_equal(ask_nobody(std::string(200, '/')), ErrorCode::kInvalid);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_socket_is_for_owner_and_group_whatever_the_umask, prepare_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(a_missing_directory_is_made, prepare_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(a_missing_tree_is_an_error_that_names_the_path, prepare_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(a_stale_socket_is_replaced, prepare_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(a_second_server_is_refused_and_the_first_goes_on, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(a_file_that_is_no_socket_is_left_alone, prepare_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(a_path_longer_than_a_socket_may_have_is_refused, prepare_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(its_end_removes_the_socket, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(its_end_leaves_the_socket_of_another_alone, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(asking_where_nobody_listens_says_so, prepare_line_bench, finish_line_bench),
};
EPSILOND_TEST_MAIN(kTests)
