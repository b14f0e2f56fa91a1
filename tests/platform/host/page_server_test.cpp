#include "platform/host/page_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr const char* kGet = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

struct Page final : PageSource {
  std::string_view page() override {
    ++asked;
    return text;
  }
  std::string text = "epsilond_samples_total 1\n";
  int asked = 0;
};

struct Bench {
  Page page;
  std::unique_ptr<PageServer> server;
  Endpoint endpoint;
  nanoseconds now = seconds(1000);
  std::vector<UniqueFd> clients;
  std::string received;

  bool listen(std::size_t largest) {
    server.reset();
    auto made = PageServer::listen(endpoint, "/metrics", largest, page);
    if (made) server = std::move(*made);
    return server != nullptr;
  }
  // A client, whose number it returns; one that does not wait.
  std::size_t connect() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int at_once = 1;  // what is sent does not wait until what went before it is acknowledged
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return ~std::size_t{0};
    clients.push_back(std::move(fd));
    return clients.size() - 1;
  }
  bool send(std::size_t client, std::string_view text) {
    return ::send(clients[client].get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  void serve_all() {
    // What was just sent over loopback is there, but the end of a connection may take a moment.
    for (int quiet = 0; quiet < 3;) {
      const std::span<pollfd> rows = server->watched();
      quiet = ::poll(rows.data(), rows.size(), 2) > 0 ? 0 : quiet + 1;
      server->serve(now);
    }
  }
  // Everything until the server has closed, while that is served; false if the connection was broken.
  bool read(std::size_t client) {
    received.clear();
    char piece[8192];
    for (int tries = 0; tries < 200; ++tries) {
      const ssize_t got = ::recv(clients[client].get(), piece, sizeof piece, MSG_DONTWAIT);
      if (got == 0) return true;
      if (got > 0) received.append(piece, static_cast<std::size_t>(got));
      if (got < 0 && errno != EAGAIN) return false;
      if (got < 0) serve_all();
    }
    return false;
  }
  const char* ask(std::string_view request) {
    const std::size_t client = connect();
    const bool whole = send(client, request) && (serve_all(), read(client));
    clients[client].reset();
    serve_all();
    return whole ? received.c_str() : "broken";
  }
  std::size_t open_clients() const {
    const auto rows = server->watched();
    return static_cast<std::size_t>(
        std::count_if(rows.begin() + 1, rows.end(), [](const pollfd& row) { return row.fd >= 0; }));
  }
};

Bench& get(void** state) { return *static_cast<Bench*>(*state); }

// A port that was free a moment ago.
std::uint16_t free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

int setup(void** state) {
  auto* bench = new Bench;
  bench->endpoint.address = {127, 0, 0, 1};
  bench->endpoint.port = free_port();
  *state = bench;
  return bench->listen(65536) ? 0 : -1;
}

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

void the_page_is_given_whole_with_its_length(void** state) {
  Bench& bench = get(state);
  assert_string_equal(bench.ask(kGet),
                      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                      "Content-Length: 25\r\nConnection: close\r\n\r\nepsilond_samples_total 1\n");
  assert_int_equal(bench.server->answered(), 1);
  assert_int_equal(bench.open_clients(), 0);
}

void head_has_the_length_alone(void** state) {
  Bench& bench = get(state);
  assert_string_equal(bench.ask("HEAD /metrics HTTP/1.1\r\n\r\n"),
                      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                      "Content-Length: 25\r\nConnection: close\r\n\r\n");
}

void what_is_not_there_is_said_without_a_look_at_the_page(void** state) {
  Bench& bench = get(state);
  assert_non_null(std::strstr(bench.ask("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found\r\n"));
  assert_non_null(std::strstr(bench.ask("PUT /metrics HTTP/1.1\r\n\r\n"), "405 Method Not Allowed\r\n"));
  assert_non_null(std::strstr(bench.received.c_str(), "\r\nAllow: GET, HEAD\r\n"));
  assert_non_null(std::strstr(bench.ask("what?\r\n"), "HTTP/1.1 400 Bad Request\r\n"));
  static const std::string endless = "GET /metrics HTTP/1.1\r\nX: " + std::string(PageServer::kRequestBytes, 'x');
  assert_non_null(
      std::strstr(bench.ask(std::string_view(endless).substr(0, PageServer::kRequestBytes)), "HTTP/1.1 431 "));
  assert_int_equal(bench.page.asked, 0);
}

void a_page_that_is_not_there_is_unavailable(void** state) {
  Bench& bench = get(state);
  bench.page.text.clear();
  assert_non_null(std::strstr(bench.ask(kGet), "HTTP/1.1 503 Service Unavailable\r\n"));
}

void a_request_may_come_byte_by_byte(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  for (const char* byte = kGet; *byte != '\0'; ++byte) {
    assert_true(bench.send(client, {byte, 1}));
    bench.serve_all();
  }
  assert_true(bench.read(client));
  assert_non_null(std::strstr(bench.received.c_str(), "epsilond_samples_total 1\n"));
}

void a_client_that_does_not_ask_is_dropped_in_time_and_counted(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  bench.send(client, "GET /metr");
  bench.serve_all();
  assert_int_equal(bench.server->time_left(bench.now).count(), 5000);
  bench.now += PageServer::kPatience;
  bench.server->serve(bench.now);
  assert_int_equal(bench.open_clients(), 0);
  assert_int_equal(bench.server->lost(), 1);
  assert_int_equal(bench.server->time_left(bench.now).count(), -1);
}

void a_client_that_never_reads_holds_nothing_up(void** state) {
  Bench& bench = get(state);
  bench.page.text.assign(60000, '#');
  const std::size_t slow = bench.connect();
  assert_true(bench.send(slow, kGet));
  bench.serve_all();
  assert_int_equal(bench.server->answered(), 1);  // the kernel has it
  assert_int_equal(std::strlen(bench.ask(kGet)), 60000 + 117);
  bench.now += PageServer::kPatience;
  bench.server->serve(bench.now);
  assert_int_equal(bench.open_clients(), 0);
}

void whoever_asks_is_not_kept_out_by_those_who_do_not(void** state) {
  Bench& bench = get(state);
  for (std::size_t i = 0; i < 3 * PageServer::kClients; ++i) {
    bench.connect();
    bench.now += std::chrono::milliseconds(1);
    bench.serve_all();
  }
  assert_int_equal(bench.open_clients(), PageServer::kClients);
  assert_int_equal(bench.server->lost(), 2 * PageServer::kClients);
  assert_non_null(std::strstr(bench.ask(kGet), "epsilond_samples_total 1\n"));
}

void a_crowd_waits_for_the_next_second(void** state) {
  Bench& bench = get(state);
  unsigned given = 0;
  for (; given < PageServer::kConnectionsPerSecond; ++given) bench.ask(kGet);
  assert_int_equal(bench.page.asked, PageServer::kConnectionsPerSecond);
  const std::size_t late = bench.connect();
  bench.send(late, kGet);
  bench.serve_all();
  assert_int_equal(bench.page.asked, PageServer::kConnectionsPerSecond);
  bench.now += seconds(1);
  bench.server->serve(bench.now);
  assert_true(bench.read(late));
  assert_int_equal(bench.page.asked, PageServer::kConnectionsPerSecond + 1);
}

void what_comes_behind_a_request_breaks_no_answer(void** state) {
  Bench& bench = get(state);
  static const std::string more = std::string(kGet) + std::string(500, 'x');
  assert_non_null(std::strstr(bench.ask(more), "epsilond_samples_total 1\n"));
}

void who_talks_on_and_on_after_its_answer_is_dropped(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, kGet));
  bench.serve_all();
  assert_int_equal(bench.server->answered(), 1);
  static const std::string more(PageServer::kRequestBytes, 'x');
  assert_true(bench.send(client, more));
  bench.serve_all();
  assert_int_equal(bench.open_clients(), 1);
  assert_true(bench.send(client, "y"));
  bench.serve_all();
  assert_int_equal(bench.open_clients(), 0);
  assert_int_equal(bench.server->lost(), 0);
}

void a_port_that_is_taken_is_an_error_that_names_it(void** state) {
  Bench& bench = get(state);
  static std::string problem;
  {
    const auto second = PageServer::listen(bench.endpoint, "/metrics", 100, bench.page);
    problem = second ? "" : second.error().context.view();
  }
  assert_true(problem.starts_with("127.0.0.1:"));
  assert_true(problem.find("cannot listen: Address already in use") != std::string::npos);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_page_is_given_whole_with_its_length, setup, teardown),
    cmocka_unit_test_setup_teardown(head_has_the_length_alone, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_not_there_is_said_without_a_look_at_the_page, setup, teardown),
    cmocka_unit_test_setup_teardown(a_page_that_is_not_there_is_unavailable, setup, teardown),
    cmocka_unit_test_setup_teardown(a_request_may_come_byte_by_byte, setup, teardown),
    cmocka_unit_test_setup_teardown(a_client_that_does_not_ask_is_dropped_in_time_and_counted, setup, teardown),
    cmocka_unit_test_setup_teardown(a_client_that_never_reads_holds_nothing_up, setup, teardown),
    cmocka_unit_test_setup_teardown(whoever_asks_is_not_kept_out_by_those_who_do_not, setup, teardown),
    cmocka_unit_test_setup_teardown(a_crowd_waits_for_the_next_second, setup, teardown),
    cmocka_unit_test_setup_teardown(what_comes_behind_a_request_breaks_no_answer, setup, teardown),
    cmocka_unit_test_setup_teardown(who_talks_on_and_on_after_its_answer_is_dropped, setup, teardown),
    cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_an_error_that_names_it, setup, teardown),
};
EPSILOND_TEST_MAIN(kTests)
