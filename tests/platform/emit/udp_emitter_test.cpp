#include "platform/emit/udp_emitter.h"

#include <array>
#include <string_view>

#include "tests/support/datagram_receiver.h"
#include "tests/support/flag_parse.h"
#include "tests/support/flag_samples.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::Datagram;
using epsilond::tests::DatagramReceiver;
using epsilond::tests::example_flag;
using epsilond::tests::parse_flag_json;
using epsilond::tests::worst_flag;

namespace {

struct Loopback {
  DatagramReceiver receiver;
  Datagram received;
  Endpoint endpoint;
  UdpEmitter* emitter = nullptr;
};

int open_loopback(void** state) {
  auto* loopback = new Loopback;
  if (!loopback->receiver.open_udp(false, 0)) return -1;
  loopback->endpoint = loopback->receiver.endpoint();
  loopback->emitter = new UdpEmitter(loopback->endpoint, kDefaultMaxDatagram);
  *state = loopback;
  return 0;
}

int close_loopback(void** state) {
  auto* loopback = static_cast<Loopback*>(*state);
  loopback->receiver.close();
  delete loopback->emitter;
  delete loopback;
  return 0;
}

Loopback& get(void** state) { return *static_cast<Loopback*>(*state); }

void the_received_datagram_is_the_rendering(void** state) {
  Loopback& loopback = get(state);
  assert_true(static_cast<bool>(loopback.emitter->emit(example_flag())));
  assert_true(loopback.receiver.receive(loopback.received));
  std::array<char, kDefaultMaxDatagram> expected;
  const Result<std::size_t> size = render_flag_json(example_flag(), expected);
  assert_true(loopback.received.view() == std::string_view(expected.data(), *size));
  assert_int_equal(loopback.emitter->sent(), 1);
  assert_int_equal(loopback.emitter->dropped(), 0);
}

void a_datagram_is_never_larger_than_its_cap(void** state) {
  Loopback& loopback = get(state);
  assert_true(static_cast<bool>(loopback.emitter->emit(worst_flag("\""))));
  assert_true(loopback.receiver.receive(loopback.received));
  assert_in_range(loopback.received.size, 200, kDefaultMaxDatagram);
  Flag parsed;
  assert_true(parse_flag_json(loopback.received.view(), parsed));
}

void a_cap_out_of_range_is_the_nearest_in_range(void** state) {
  Loopback& loopback = get(state);
  for (const std::size_t cap : {std::size_t{0}, std::size_t{1000000}}) {
    UdpEmitter emitter(loopback.endpoint, cap);
    const bool emitted = static_cast<bool>(emitter.emit(worst_flag("x")));
    assert_true(emitted);
    assert_true(loopback.receiver.receive(loopback.received));
    assert_in_range(loopback.received.size, 200, kLargestMaxDatagram);
  }
}

void the_name_tells_where_flags_go(void**) {
  Endpoint endpoint;
  endpoint.address = {192, 0, 2, 10};
  endpoint.port = 8089;
  UdpEmitter emitter(endpoint, 480);
  assert_true(emitter.name() == "udp 192.0.2.10:8089");
}

// The receiver's host answers the first datagram with "port unreachable"; the kernel tells us at the second.
void a_closed_port_is_counted_as_drops(void** state) {
  Loopback& loopback = get(state);
  loopback.receiver.close();
  for (int i = 0; i < 5; ++i) (void)static_cast<bool>(loopback.emitter->emit(example_flag()));
  assert_true(loopback.emitter->dropped() >= 4);
}

void a_receiver_that_came_back_gets_the_first_flag(void** state) {
  Loopback& loopback = get(state);
  loopback.receiver.close();
  for (int i = 0; i < 3; ++i) (void)static_cast<bool>(loopback.emitter->emit(example_flag()));
  if (!loopback.receiver.open_udp(false, loopback.endpoint.port)) skip();  // somebody else took the port
  Flag flag = example_flag();
  flag.id = std::string_view("the first after the return");
  assert_true(static_cast<bool>(loopback.emitter->emit(flag)));
  assert_true(loopback.receiver.receive(loopback.received));
  Flag parsed;
  assert_true(parse_flag_json(loopback.received.view(), parsed));
  assert_true(parsed.id == "the first after the return");
}

// Nobody reads: the receiver's buffer fills and the kernel throws the rest away. We only have to come back each time.
void a_receiver_that_reads_nothing_never_delays(void** state) {
  Loopback& loopback = get(state);
  for (int i = 0; i < 5000; ++i) (void)static_cast<bool>(loopback.emitter->emit(example_flag()));
  assert_int_equal(loopback.emitter->sent() + loopback.emitter->dropped(), 5000);
}

void asking_whether_it_can_be_reached_sends_nothing(void** state) {
  Loopback& loopback = get(state);
  assert_true(static_cast<bool>(loopback.emitter->reach()));
  assert_true(static_cast<bool>(loopback.emitter->emit(example_flag())));
  assert_true(loopback.receiver.receive(loopback.received));
  Flag parsed;
  assert_true(parse_flag_json(loopback.received.view(), parsed));  // the first to arrive is the flag
  assert_int_equal(loopback.emitter->sent(), 1);
}

void ipv6_loopback_works_where_there_is_one(void** state) {
  Loopback& loopback = get(state);
  loopback.receiver.close();
  if (!loopback.receiver.open_udp(true, 0)) skip();
  UdpEmitter emitter(loopback.receiver.endpoint(), kDefaultMaxDatagram);
  const bool emitted = static_cast<bool>(emitter.emit(example_flag()));
  assert_true(emitted);
  assert_true(loopback.receiver.receive(loopback.received));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_received_datagram_is_the_rendering, open_loopback, close_loopback),
    cmocka_unit_test_setup_teardown(a_datagram_is_never_larger_than_its_cap, open_loopback, close_loopback),
    cmocka_unit_test_setup_teardown(a_cap_out_of_range_is_the_nearest_in_range, open_loopback, close_loopback),
    cmocka_unit_test(the_name_tells_where_flags_go),
    cmocka_unit_test_setup_teardown(a_closed_port_is_counted_as_drops, open_loopback, close_loopback),
    cmocka_unit_test_setup_teardown(a_receiver_that_came_back_gets_the_first_flag, open_loopback, close_loopback),
    cmocka_unit_test_setup_teardown(a_receiver_that_reads_nothing_never_delays, open_loopback, close_loopback),
    cmocka_unit_test_setup_teardown(asking_whether_it_can_be_reached_sends_nothing, open_loopback, close_loopback),
    cmocka_unit_test_setup_teardown(ipv6_loopback_works_where_there_is_one, open_loopback, close_loopback),
};
EPSILOND_TEST_MAIN(kTests)
