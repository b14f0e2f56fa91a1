// Whatever system call goes wrong at the socket of a fleet: what has come is taken whole, now or at the next look.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/collect/datagram_listener.h"
#include "platform/emit/datagram_socket.h"
#include "tests/support/fault_trial.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::done;
using epsilond::tests::FaultReport;
using epsilond::tests::Outcome;
using epsilond::tests::refused;
using epsilond::tests::try_every_fault;
using epsilond::tests::Undisturbed;
using epsilond::tests::wrong;

namespace {

struct Bench final : DatagramSink {
  std::unique_ptr<DatagramListener> listener;
  std::unique_ptr<DatagramSocket> sender;
  std::vector<std::string> seen;

  void take(std::string_view datagram, bool cut, const SourceAddress& /*source*/) override {
    seen.emplace_back(cut ? std::string_view("cut") : datagram);
  }
  Outcome open() {
    listener.reset();
    Result<std::unique_ptr<DatagramListener>> opened =
        DatagramListener::open(*parse_listen_address("127.0.0.1:0", 0), 1 << 16);
    if (!opened) return refused(opened.error());
    listener = std::move(*opened);
    static_cast<void>(listener->bound());
    static_cast<void>(listener->buffer_bytes());
    return done();
  }
  bool send_two() {
    const Undisturbed quiet;
    sender = std::make_unique<DatagramSocket>(listener->bound());
    seen.clear();
    return sender->send("one") && sender->send("two");
  }
  Outcome receive() {
    if (!send_two()) return wrong("nothing can be sent");
    // As long as the poll of its owner says that there is something.
    for (int i = 0; i < 5; ++i) {
      {
        const Undisturbed quiet;
        pollfd row{listener->fd(), POLLIN, 0};
        if (::poll(&row, 1, seen.size() < 2 ? 1000 : 0) == 0) break;
      }
      static_cast<void>(listener->receive(*this));
    }
    static_cast<void>(listener->dropped());
    const Undisturbed quiet;
    sender.reset();
    if (listener->dropped() != 0) return wrong("datagrams are said to be lost");
    if (seen == std::vector<std::string>{"one", "two"}) return done();
    return seen.empty() ? refused("nothing is taken") : wrong("other datagrams");
  }
  Outcome open_and_receive() {
    const Outcome opened = open();
    return opened.kind == Outcome::Kind::kDone ? receive() : opened;
  }
  // What was not taken is there still.
  Outcome receive_again() {
    if (!listener) return open_and_receive();
    while (listener->receive(*this) > 0) {
    }
    return receive();
  }
  FaultReport try_it() {
    return try_every_fault({.name = "datagram listener, open and receive",
                            .begin = [] {},
                            .act = [this] { return open_and_receive(); },
                            .again = [this] { return receive_again(); }});
  }
};

int set_up(void** state) {
  *state = new Bench;
  return 0;
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

void what_comes_is_taken_at_last(void** state) { assert_survived(static_cast<Bench*>(*state)->try_it()); }

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(what_comes_is_taken_at_last, set_up, tear_down),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
