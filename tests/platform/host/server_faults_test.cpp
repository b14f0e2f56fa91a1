// Whatever system call goes wrong at a socket that others speak to: an answer is right as far as it goes, the server
// goes on, and the next who asks is answered.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "platform/host/line_client.h"
#include "platform/host/page_server.h"
#include "platform/host/readiness.h"
#include "tests/platform/host/line_bench.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/fault_trial.h"
#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::Datagram;
using epsilond::tests::DatagramReceiver;
using epsilond::tests::done;
using epsilond::tests::FaultReport;
using epsilond::tests::finish_line_bench;
using epsilond::tests::LineBench;
using epsilond::tests::Outcome;
using epsilond::tests::outcome_of;
using epsilond::tests::refused;
using epsilond::tests::start_line_bench;
using epsilond::tests::TempTree;
using epsilond::tests::try_every_fault;
using epsilond::tests::Undisturbed;
using epsilond::tests::wrong;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr std::string_view kLineAnswer = "000000000000001\nok\n";
constexpr int kTurns = 12;

// What a client has got, against what it should.
Outcome judge(std::string_view got, std::string_view whole, bool ended) {
  if (!whole.starts_with(got)) return wrong("another answer: " + std::string(got));
  if (!ended) return refused("it is not served yet");
  return got == whole ? done() : refused("the answer broke off");
}

void serve(LineBench& bench, int turns) {
  for (int i = 0; i < turns; ++i) {
    {
      const Undisturbed quiet;
      const std::span<pollfd> rows = bench.server->watched();
      static_cast<void>(::poll(rows.data(), rows.size(), 0));
    }
    bench.server->serve(bench.now);
  }
}

Outcome ask(LineBench& bench) {
  std::size_t client = 0;
  {
    const Undisturbed quiet;
    bench.clients.clear();
    client = bench.connect();
    if (client != 0 || !bench.send(client, "status\n")) return wrong("a client cannot connect");
  }
  serve(bench, kTurns);
  const Undisturbed quiet;
  bench.received.clear();
  const bool ended = !bench.read(client);
  return judge(bench.received, kLineAnswer, ended);
}

Outcome ask_again(LineBench& bench) {
  bench.now += seconds(2);  // its rest is over
  serve(bench, kTurns);
  const Outcome asked = ask(bench);
  bench.clients.clear();
  serve(bench, kTurns);
  return asked;
}

FaultReport try_line_server(LineBench& bench) {
  return try_every_fault({.name = "line server, one question",
                          .begin = [] {},
                          .act = [&bench] { return ask(bench); },
                          .again = [&bench] { return ask_again(bench); }});
}

// A socket file that nobody listens at.
void leave_stale_socket(LineBench& bench) {
  bench.server.reset();
  bench.clients.clear();
  ::unlink(bench.path.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(bench.path.begin(), bench.path.end(), address.sun_path);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  static_cast<void>(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

Outcome listen(LineBench& bench) {
  bench.server.reset();
  bench.problem.clear();
  if (bench.listen()) return done();
  return bench.problem.empty() ? wrong("no reason is given") : refused(bench.problem);
}

Outcome listen_again(LineBench& bench) {
  const Outcome listening = listen(bench);
  return listening.kind == Outcome::Kind::kDone ? ask_again(bench) : listening;
}

FaultReport try_listening(LineBench& bench) {
  return try_every_fault({.name = "line server, begin to listen",
                          .begin = [&bench] { leave_stale_socket(bench); },
                          .act = [&bench] { return listen(bench); },
                          .again = [&bench] { return listen_again(bench); }});
}

// The other end is a process of its own, for the client waits.
Outcome ask_as_client(const LineBench& bench) {
  const Result<std::string> answer = ask_line(bench.path, "status", seconds(20), 1000);
  if (!answer) return refused(answer.error());
  return *answer == kLineAnswer ? done() : wrong("another answer: " + *answer);
}

FaultReport try_line_client(LineBench& bench) {
  const pid_t server = ::fork();
  if (server == 0) {
    for (;;) {
      const std::span<pollfd> rows = bench.server->watched();
      static_cast<void>(::poll(rows.data(), rows.size(), 1000));
      bench.server->serve(bench.now);
    }
  }
  if (server < 0) return {};
  const FaultReport report = try_every_fault({.name = "line client, one question",
                                              .begin = [] {},
                                              .act = [&bench] { return ask_as_client(bench); },
                                              .again = [&bench] { return ask_as_client(bench); },
                                              .tells_garbage = false,
                                              .tells_an_end = false});
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  return report;
}

struct Page final : PageSource {
  std::string_view page() override { return "epsilond_samples_total 1\n"; }
};

struct PageBench {
  Page page;
  std::unique_ptr<PageServer> server;
  sockaddr_in address{};
  nanoseconds now = seconds(1000);
  UniqueFd client;
  std::string whole;  // the answer, as it is to be
  std::string received;

  Outcome listen() {
    server.reset();
    Endpoint endpoint;
    endpoint.address = {127, 0, 0, 1};
    endpoint.port = 0;  // any that is free
    auto made = PageServer::listen(endpoint, "/metrics", 4096, page);
    if (!made) return refused(made.error());
    server = std::move(*made);
    const Undisturbed quiet;
    socklen_t size = sizeof address;
    const int fd = server->watched()[0].fd;
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? done() : wrong("no address");
  }
  void serve(int turns) {
    for (int i = 0; i < turns; ++i) {
      {
        const Undisturbed quiet;
        const std::span<pollfd> rows = server->watched();
        static_cast<void>(::poll(rows.data(), rows.size(), 1));
      }
      server->serve(now);
    }
  }
  bool connect() {
    const Undisturbed quiet;
    constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    client = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           ::send(client.get(), kGet.data(), kGet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kGet.size());
  }
  // True at the end of the connection, be it as it may.
  bool read() {
    const Undisturbed quiet;
    char piece[4096];
    ssize_t got = 0;
    while ((got = ::recv(client.get(), piece, sizeof piece, MSG_DONTWAIT)) > 0)
      received.append(piece, static_cast<std::size_t>(got));
    return got == 0 || errno != EAGAIN;
  }
  Outcome ask() {
    now += seconds(10);
    received.clear();
    if (!connect()) return wrong("a client cannot connect");
    serve(kTurns);
    const bool ended = read();
    if (whole.empty() && received.starts_with("HTTP/1.1 200")) whole = received;
    if (whole.empty()) return wrong("there is no page");
    const Outcome outcome = judge(received, whole, ended);
    const Undisturbed quiet;
    client.reset();
    return outcome;
  }
  Outcome ask_again() {
    now += seconds(10);
    serve(kTurns);
    const Outcome outcome = ask();
    serve(kTurns);
    return outcome;
  }
  FaultReport try_asking() {
    if (listen().kind != Outcome::Kind::kDone) return {};
    return try_every_fault({.name = "page server, one page",
                            .begin = [] {},
                            .act = [this] { return ask(); },
                            .again = [this] { return ask_again(); },
                            .tells_garbage = false});
  }
  FaultReport try_listening() {
    return try_every_fault({.name = "page server, begin to listen",
                            .begin = [] {},
                            .act = [this] { return listen(); },
                            .again =
                                [this] {
                                  const Outcome listening = listen();
                                  return listening.kind == Outcome::Kind::kDone ? ask_again() : listening;
                                }});
  }
};

// A service manager, and what it is told.
struct ManagerBench {
  TempTree tree;
  std::string path = tree.path() + "/notify";
  DatagramReceiver manager;
  Datagram datagram;

  Outcome tell() {
    Result<Readiness> made = Readiness::make(path);
    if (!made) return refused(made.error());
    const Result<void> told = made->ready();
    const Undisturbed quiet;
    const bool came = !manager.empty() && manager.receive(datagram) && datagram.view() == "READY=1";
    return came == static_cast<bool>(told) ? outcome_of(told) : wrong("what is said to be told is not what came");
  }
  FaultReport try_telling() {
    return try_every_fault({.name = "readiness, told",
                            .begin = [] {},
                            .act = [this] { return tell(); },
                            .again = [this] { return tell(); }});
  }
};

int make_manager_bench(void** state) {
  auto* bench = new ManagerBench;
  *state = bench;
  return bench->manager.open_local(bench->path) ? 0 : -1;
}
int drop_manager_bench(void** state) {
  auto* bench = static_cast<ManagerBench*>(*state);
  bench->manager.close();
  delete bench;
  return 0;
}

LineBench& line_bench(void** state) { return *static_cast<LineBench*>(*state); }

int make_page_bench(void** state) {
  *state = new PageBench;
  return 0;
}
int drop_page_bench(void** state) {
  delete static_cast<PageBench*>(*state);
  return 0;
}
PageBench& page_bench(void** state) { return *static_cast<PageBench*>(*state); }

void the_line_server_answers_or_lets_go(void** state) { assert_survived(try_line_server(line_bench(state))); }
void the_line_server_listens_or_says_why_not(void** state) { assert_survived(try_listening(line_bench(state))); }
void the_line_client_has_the_answer_or_says_why_not(void** state) {
  assert_survived(try_line_client(line_bench(state)));
}
void the_page_server_answers_or_lets_go(void** state) { assert_survived(page_bench(state).try_asking()); }
void the_page_server_listens_or_says_why_not(void** state) { assert_survived(page_bench(state).try_listening()); }
void the_manager_is_told_or_it_is_said_why_not(void** state) {
  assert_survived(static_cast<ManagerBench*>(*state)->try_telling());
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_line_server_answers_or_lets_go, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(the_line_server_listens_or_says_why_not, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(the_line_client_has_the_answer_or_says_why_not, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(the_page_server_answers_or_lets_go, make_page_bench, drop_page_bench),
    cmocka_unit_test_setup_teardown(the_page_server_listens_or_says_why_not, make_page_bench, drop_page_bench),
    cmocka_unit_test_setup_teardown(the_manager_is_told_or_it_is_said_why_not, make_manager_bench, drop_manager_bench),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
