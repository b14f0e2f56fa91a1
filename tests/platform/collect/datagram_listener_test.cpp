// The socket of a fleet, over loopback: who sent, what was cut, how much was lost.

#include "platform/collect/datagram_listener.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/emit/datagram_socket.h"
#include "platform/unique_fd.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;

namespace {

struct Recorder final : DatagramSink {
  void take(std::string_view datagram, bool cut, const SourceAddress& from) override {
    texts.emplace_back(datagram.substr(0, 100));
    cuts += cut ? 1 : 0;
    source = from;
  }
  std::vector<std::string> texts;
  int cuts = 0;
  SourceAddress source;
};

struct Bench {
  explicit Bench(const char* address, int buffer_bytes = 0)
      : listener(std::move(*DatagramListener::open(*parse_listen_address(address, 0), buffer_bytes))) {
    const Endpoint bound = listener->bound();
    Endpoint to = bound;
    if (bound.ipv6) to.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    sender = std::make_unique<DatagramSocket>(to);
  }
  bool send(std::string_view text) const { return static_cast<bool>(sender->send(text)); }

  std::unique_ptr<DatagramListener> listener;
  std::unique_ptr<DatagramSocket> sender;
  Recorder seen;
};

template <typename Make>
int make(void** state, Make bench) {
  *state = bench();
  return 0;
}
int ipv4(void** state) {
  return make(state, [] { return new Bench("127.0.0.1:0"); });
}
int ipv6(void** state) {
  return make(state, [] { return new Bench("[::1]:0"); });
}
int small(void** state) {
  return make(state, [] { return new Bench("127.0.0.1:0", 4096); });
}
int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void many_datagrams_come_in_one_call_in_their_order(void** state) {
  Bench& bench = get(state);
  for (int i = 0; i < 70; ++i) assert_true(bench.send(std::to_string(i)));
  assert_int_equal(bench.listener->receive(bench.seen), DatagramListener::kBatch);
  assert_int_equal(bench.listener->receive(bench.seen), 70 - DatagramListener::kBatch);
  assert_int_equal(bench.listener->receive(bench.seen), 0);
  for (std::size_t i = 0; i < 70; ++i) assert_true(bench.seen.texts[i] == std::to_string(i));
  assert_true(format_address(bench.seen.source) == "127.0.0.1");
  assert_true(bench.seen.source.is_ipv4());
  assert_int_equal(bench.listener->dropped(), 0);
}

void ipv6_is_received_too(void** state) {
  Bench& bench = get(state);
  assert_true(bench.send("x"));
  assert_int_equal(bench.listener->receive(bench.seen), 1);
  assert_true(format_address(bench.seen.source) == "::1");
}

void what_is_too_long_is_cut_and_said(void** state) {
  Bench& bench = get(state);
  assert_true(bench.send(std::string(DatagramListener::kMaxDatagram, 'x')));
  assert_true(bench.send(std::string(DatagramListener::kMaxDatagram + 1, 'x')));
  assert_true(bench.send(""));
  assert_int_equal(bench.listener->receive(bench.seen), 3);
  assert_int_equal(bench.seen.cuts, 1);
}

// An emulator of another processor may not pass on what counts them.
bool drops_are_told() {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  std::array<std::uint32_t, SK_MEMINFO_VARS> facts{};
  socklen_t size = sizeof facts;
  return ::setsockopt(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof yes) == 0 &&
         ::getsockopt(fd.get(), SOL_SOCKET, SO_MEMINFO, facts.data(), &size) == 0;
}

void what_the_kernel_drops_is_counted_exactly(void** state) {
  if (!drops_are_told()) {
    print_message("what runs this test does not tell what a socket has dropped\n");
    skip();
  }
  Bench& bench = get(state);
  constexpr std::size_t kSent = 500;
  const std::string text(300, 'x');
  for (std::size_t i = 0; i < kSent; ++i) assert_true(bench.send(text));
  while (bench.listener->receive(bench.seen) > 0) continue;
  const std::size_t received = bench.seen.texts.size();
  assert_true(received > 0 && received < kSent);
  assert_int_equal(bench.listener->dropped(), kSent - received);
  assert_true(bench.send(text));
  assert_int_equal(bench.listener->receive(bench.seen), 1);
  assert_int_equal(bench.listener->dropped(), kSent - received);
}

void an_address_that_is_taken_is_said(void** state) {
  const auto second = DatagramListener::open(get(state).listener->bound(), 0);
  assert_false(static_cast<bool>(second));
  assert_true(second.error().code == ErrorCode::kUnavailable);
  const auto nowhere = DatagramListener::open(*parse_listen_address("192.0.2.1:0", 0), 0);
  assert_true(!nowhere && nowhere.error().code == ErrorCode::kInvalid);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(many_datagrams_come_in_one_call_in_their_order, ipv4, teardown),
    cmocka_unit_test_setup_teardown(ipv6_is_received_too, ipv6, teardown),
    cmocka_unit_test_setup_teardown(what_is_too_long_is_cut_and_said, ipv4, teardown),
    cmocka_unit_test_setup_teardown(what_the_kernel_drops_is_counted_exactly, small, teardown),
    cmocka_unit_test_setup_teardown(an_address_that_is_taken_is_said, ipv4, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
