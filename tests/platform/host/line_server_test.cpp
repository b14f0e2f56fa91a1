#include "platform/host/line_server.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "platform/host/line_client.h"
#include "platform/unique_fd.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::LineServer;
using epsilond::platform::LineService;
using epsilond::platform::Result;
using epsilond::platform::UniqueFd;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t kAll = LineServer::kClients;

// A line of sixteen bytes.
std::size_t put_line(std::size_t number, std::span<char> out) {
  char line[40];
  const int size = std::snprintf(line, sizeof line, "%015zu\n", number);
  std::copy_n(line, size, out.begin());
  return static_cast<std::size_t>(size);
}

// Answers with so many numbered lines, and "ok".
class Counter final : public LineService {
 public:
  void begin(std::size_t client, std::string_view line, std::uint32_t uid) override {
    last_line.assign(line);
    last_uid = uid;
    left_[client] = lines;
    ++asked;
  }
  Piece go_on(std::size_t client, std::span<char> out) override {
    std::size_t used = 0;
    for (; left_[client] > 0 && used + 17 <= out.size(); --left_[client])
      used += put_line(left_[client], out.subspan(used));
    if (left_[client] > 0 || used + 3 > out.size()) return {used, false};
    std::copy_n("ok\n", 3, out.begin() + static_cast<std::ptrdiff_t>(used));
    return {used + 3, true};
  }

  std::size_t lines = 1;
  std::size_t asked = 0;
  std::string last_line;
  std::uint32_t last_uid = 0;

 private:
  std::size_t left_[kAll] = {};
};

struct Bench {
  char folder[32] = "/tmp/epsilond-test-XXXXXX";
  std::string path;
  Counter service;
  std::unique_ptr<LineServer> server;
  nanoseconds now = seconds(1000);
  std::vector<UniqueFd> clients;
  std::string received;
  ErrorCode code = ErrorCode::kIo;
  std::string problem;

  bool listen(const std::string& at) {
    auto made = LineServer::listen(at, service);
    if (!made) {
      code = made.error().code;
      problem = made.error().context.view();
      return false;
    }
    server = std::move(*made);
    return true;
  }
  bool listen() { return listen(path); }

  // A new client, whose number it returns.
  std::size_t connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return ~std::size_t{0};
    clients.push_back(std::move(fd));
    return clients.size() - 1;
  }
  bool send(std::size_t client, std::string_view text) {
    return ::send(clients[client].get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Lets the server do what there is to do; false if nothing is ready.
  bool serve() {
    const std::span<pollfd> rows = server->watched();
    const bool any = ::poll(rows.data(), rows.size(), 0) > 0;
    server->serve(now);
    return any;
  }
  void serve_all() {
    while (serve()) {
    }
  }
  // Appends what there is, at most `most` bytes, to `received`; false at the end of the connection.
  bool read(std::size_t client, std::size_t most = 1U << 20U) {
    char piece[4096];
    while (most > 0) {
      const ssize_t got = ::recv(clients[client].get(), piece, std::min(most, sizeof piece), 0);
      if (got < 0) return true;
      if (got == 0) return false;
      received.append(piece, static_cast<std::size_t>(got));
      most -= static_cast<std::size_t>(got);
    }
    return true;
  }
  // Takes the lowest free descriptor, which it returns.
  int fill_descriptors() {
    clients.emplace_back(::dup(clients.front().get()));
    return clients.back().get();
  }
  mode_t mode() const {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }
  bool is_there() const { return mode() != 0; }
  std::size_t open_clients() const {
    return static_cast<std::size_t>(std::count_if(server->watched().begin() + 1, server->watched().end(),
                                                  [](const pollfd& row) { return row.fd >= 0; }));
  }
};

int prepare(void** state) {
  auto* bench = new Bench;
  if (::mkdtemp(bench->folder) == nullptr) return -1;
  bench->path = std::string(bench->folder) + "/control.sock";
  *state = bench;
  return 0;
}
int start(void** state) { return prepare(state) == 0 && static_cast<Bench*>(*state)->listen() ? 0 : -1; }
int finish(void** state) {
  auto* bench = static_cast<Bench*>(*state);
  bench->server.reset();
  const std::string remove = "rm -rf " + std::string(bench->folder);
  const int removed = std::system(remove.c_str());
  delete bench;
  return removed;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

const char* lines_of(std::size_t count) {
  static std::string text;
  text.clear();
  char line[40];
  for (; count > 0; --count) {
    std::snprintf(line, sizeof line, "%015zu\n", count);
    text += line;
  }
  text += "ok\n";
  return text.c_str();
}

void a_line_is_answered_and_the_connection_closed(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "status please\n"));
  bench.serve_all();
  assert_false(bench.read(client));
  assert_string_equal(bench.service.last_line.c_str(), "status please");
  assert_int_equal(bench.service.last_uid, getuid());
  assert_string_equal(bench.received.c_str(), lines_of(1));
  assert_int_equal(bench.open_clients(), 0);
}

void a_line_may_come_in_pieces(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  for (const char* piece : {"sta", "tus", "\n"}) {
    assert_true(bench.send(client, piece));
    bench.serve_all();
  }
  assert_false(bench.read(client));
  assert_string_equal(bench.service.last_line.c_str(), "status");
}

void a_client_that_closes_its_sending_side_has_ended_its_line(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "status"));
  assert_int_equal(::shutdown(bench.clients[client].get(), SHUT_WR), 0);
  bench.serve_all();
  assert_false(bench.read(client));
  assert_string_equal(bench.service.last_line.c_str(), "status");
  assert_string_equal(bench.received.c_str(), lines_of(1));
}

void a_client_that_says_nothing_and_closes_is_forgotten(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  bench.serve_all();
  assert_int_equal(bench.open_clients(), 1);
  bench.clients[client].reset();
  bench.serve_all();
  assert_int_equal(bench.open_clients(), 0);
  assert_int_equal(bench.service.asked, 0);
}

void a_line_that_is_longer_than_the_buffer_is_handed_over_as_far_as_it_goes(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  static const std::string long_line(3 * LineServer::kBufferBytes, 'x');
  assert_true(bench.send(client, long_line));
  bench.serve_all();
  assert_int_equal(bench.service.asked, 1);
  assert_int_equal(bench.service.last_line.size(), LineServer::kBufferBytes);
  bench.read(client);
  assert_string_equal(bench.received.c_str(), lines_of(1));
}

void what_follows_the_line_is_not_read(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "one\ntwo\nthree\n"));
  bench.serve_all();
  assert_int_equal(bench.service.asked, 1);
  assert_string_equal(bench.service.last_line.c_str(), "one");
  bench.read(client);
  assert_string_equal(bench.received.c_str(), lines_of(1));
}

void an_answer_larger_than_any_buffer_arrives_whole_at_a_slow_reader(void** state) {
  Bench& bench = get(state);
  bench.service.lines = 100000;
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "history\n"));
  while (true) {
    bench.now += seconds(9);  // moves on just in time, again and again
    bench.serve();
    const std::size_t before = bench.received.size();
    if (!bench.read(client, 200000)) break;
    assert_true(bench.received.size() > before);
  }
  assert_int_equal(bench.received.size(), 1600003);
  assert_true(bench.received == lines_of(100000));
}

void one_call_does_a_bounded_part_of_an_answer(void** state) {
  Bench& bench = get(state);
  bench.service.lines = 100000;
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "history\n"));
  bench.serve();
  bench.read(client);
  assert_true(bench.received.size() > LineServer::kBufferBytes);
  assert_true(bench.received.size() <= 6 * LineServer::kBufferBytes);
}

void a_client_that_never_asks_is_closed_when_its_time_is_up(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  bench.serve_all();
  bench.now += LineServer::kPatience - seconds(1);
  assert_true(bench.send(client, "s"));  // a byte now and then buys no time
  bench.serve_all();
  assert_true(bench.server->time_left(bench.now) == seconds(1));
  assert_true(bench.read(client));
  bench.now += seconds(1);
  bench.serve();
  assert_false(bench.read(client));
  assert_int_equal(bench.open_clients(), 0);
}

void a_client_that_reads_nothing_is_closed_when_its_time_is_up(void** state) {
  Bench& bench = get(state);
  bench.service.lines = 100000;
  assert_true(bench.send(bench.connect(), "history\n"));
  bench.serve_all();
  assert_int_equal(bench.open_clients(), 1);
  bench.now += LineServer::kPatience;
  assert_true(bench.server->time_left(bench.now) == seconds(0));
  bench.serve();
  assert_int_equal(bench.open_clients(), 0);
}

void without_clients_there_is_nothing_to_wait_for(void** state) {
  Bench& bench = get(state);
  assert_true(bench.server->time_left(bench.now) == std::chrono::milliseconds(-1));
}

void the_newest_client_drives_out_the_one_that_waited_longest(void** state) {
  Bench& bench = get(state);
  for (std::size_t i = 0; i < kAll; ++i) {
    bench.now += seconds(1);
    bench.connect();
    bench.serve_all();
  }
  const std::size_t newest = bench.connect();
  assert_true(bench.send(newest, "status\n"));
  bench.serve_all();
  assert_false(bench.read(0));
  assert_string_equal(bench.received.c_str(), "error busy too many clients at once\n");
  bench.received.clear();
  assert_false(bench.read(newest));
  assert_string_equal(bench.received.c_str(), lines_of(1));
  assert_true(bench.read(1));
}

void one_that_is_being_answered_is_driven_out_last(void** state) {
  Bench& bench = get(state);
  bench.service.lines = 100000;
  const std::size_t reader = bench.connect();
  assert_true(bench.send(reader, "history\n"));
  bench.serve_all();
  for (std::size_t i = 0; i < 3 * kAll; ++i) {
    bench.now += std::chrono::milliseconds(1);
    bench.connect();
    bench.serve_all();
  }
  bench.received.clear();
  while (bench.read(reader)) bench.serve();
  assert_int_equal(bench.received.size(), 1600003);
}

void a_thousand_clients_are_answered_one_after_another(void** state) {
  Bench& bench = get(state);
  for (int i = 0; i < 1000; ++i) {
    const std::size_t client = bench.connect();
    assert_true(bench.send(client, "status\n"));
    bench.serve_all();
    bench.read(client);
    bench.clients.clear();
  }
  assert_int_equal(bench.service.asked, 1000);
  assert_int_equal(bench.received.size(), 1000 * 19);
}

void a_thousand_clients_at_once_leave_room_for_the_last(void** state) {
  Bench& bench = get(state);
  for (int i = 0; i < 500; ++i) {
    if (bench.connect() > 10000) bench.serve();
  }
  bench.serve_all();
  const std::size_t last = bench.connect();
  assert_true(bench.send(last, "status\n"));
  bench.serve_all();
  bench.received.clear();
  assert_false(bench.read(last));
  assert_string_equal(bench.received.c_str(), lines_of(1));
  assert_true(bench.open_clients() <= kAll);
}

void without_descriptors_it_rests_in_place_of_spinning(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "status\n"));
  rlimit before{};
  assert_int_equal(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // None is free below the limit, which must leave poll(2) room for its rows.
  constexpr int kLimit = 32;
  while (bench.fill_descriptors() < kLimit) {
  }
  const rlimit none{kLimit, before.rlim_max};
  assert_int_equal(::setrlimit(RLIMIT_NOFILE, &none), 0);
  bench.serve();
  const int put_back = ::setrlimit(RLIMIT_NOFILE, &before);
  assert_int_equal(put_back, 0);
  assert_int_equal(bench.server->watched()[0].fd, -1);
  assert_true(bench.server->time_left(bench.now) == seconds(1));
  bench.now += seconds(1);
  bench.serve_all();
  bench.serve_all();
  assert_false(bench.read(client));
  assert_string_equal(bench.received.c_str(), lines_of(1));
}

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
    cmocka_unit_test_setup_teardown(a_line_is_answered_and_the_connection_closed, start, finish),
    cmocka_unit_test_setup_teardown(a_line_may_come_in_pieces, start, finish),
    cmocka_unit_test_setup_teardown(a_client_that_closes_its_sending_side_has_ended_its_line, start, finish),
    cmocka_unit_test_setup_teardown(a_client_that_says_nothing_and_closes_is_forgotten, start, finish),
    cmocka_unit_test_setup_teardown(a_line_that_is_longer_than_the_buffer_is_handed_over_as_far_as_it_goes, start,
                                    finish),
    cmocka_unit_test_setup_teardown(what_follows_the_line_is_not_read, start, finish),
    cmocka_unit_test_setup_teardown(an_answer_larger_than_any_buffer_arrives_whole_at_a_slow_reader, start, finish),
    cmocka_unit_test_setup_teardown(one_call_does_a_bounded_part_of_an_answer, start, finish),
    cmocka_unit_test_setup_teardown(a_client_that_never_asks_is_closed_when_its_time_is_up, start, finish),
    cmocka_unit_test_setup_teardown(a_client_that_reads_nothing_is_closed_when_its_time_is_up, start, finish),
    cmocka_unit_test_setup_teardown(without_clients_there_is_nothing_to_wait_for, start, finish),
    cmocka_unit_test_setup_teardown(the_newest_client_drives_out_the_one_that_waited_longest, start, finish),
    cmocka_unit_test_setup_teardown(one_that_is_being_answered_is_driven_out_last, start, finish),
    cmocka_unit_test_setup_teardown(a_thousand_clients_are_answered_one_after_another, start, finish),
    cmocka_unit_test_setup_teardown(a_thousand_clients_at_once_leave_room_for_the_last, start, finish),
    cmocka_unit_test_setup_teardown(without_descriptors_it_rests_in_place_of_spinning, start, finish),
    cmocka_unit_test_setup_teardown(the_socket_is_for_owner_and_group_whatever_the_umask, prepare, finish),
    cmocka_unit_test_setup_teardown(a_missing_directory_is_made, prepare, finish),
    cmocka_unit_test_setup_teardown(a_missing_tree_is_an_error_that_names_the_path, prepare, finish),
    cmocka_unit_test_setup_teardown(a_stale_socket_is_replaced, prepare, finish),
    cmocka_unit_test_setup_teardown(a_second_server_is_refused_and_the_first_goes_on, start, finish),
    cmocka_unit_test_setup_teardown(a_file_that_is_no_socket_is_left_alone, prepare, finish),
    cmocka_unit_test_setup_teardown(a_path_longer_than_a_socket_may_have_is_refused, prepare, finish),
    cmocka_unit_test_setup_teardown(its_end_removes_the_socket, start, finish),
    cmocka_unit_test_setup_teardown(its_end_leaves_the_socket_of_another_alone, start, finish),
    cmocka_unit_test_setup_teardown(asking_where_nobody_listens_says_so, prepare, finish),
};
EPSILOND_TEST_MAIN(kTests)
