// Addresses, networks, the keyed hash and the limit for each sender.

#include <cstdint>
#include <string>

#include "platform/collect/keyed_hash.h"
#include "platform/collect/network.h"
#include "platform/collect/source_limiter.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;

namespace {

SourceAddress address(const char* text) { return parse_network(text)->address; }

void listen_addresses_are_numeric(void**) {
  const auto same = [](const char* text, const char* expected) {
    const auto endpoint = parse_listen_address(text, 8089);
    return endpoint && format_endpoint(*endpoint) == expected;
  };
  assert_true(same("127.0.0.1", "127.0.0.1:8089"));
  assert_true(same("0.0.0.0:514", "0.0.0.0:514"));
  assert_true(same("127.0.0.1:0", "127.0.0.1:0"));
  assert_true(same("[::]", "[::]:8089"));
  assert_true(same("[2001:db8::1]:65535", "[2001:db8::1]:65535"));
  for (const char* text : {"", "localhost", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:080", "::1",
                           "[::1", "[::1]8089", "[::1%lo]:1", "127.0.0.1:1 ", "udp://127.0.0.1:1", "1.2.3:5"})
    if (parse_listen_address(text, 8089)) fail_msg("'%s' was not refused", text);
}

void networks_hold_their_addresses(void**) {
  const auto holds = [](const char* network, const char* source) {
    return parse_network(network)->contains(address(source));
  };
  assert_true(holds("10.0.0.0/8", "10.255.3.4"));
  assert_false(holds("10.0.0.0/8", "11.0.0.1"));
  assert_true(holds("192.0.2.128/25", "192.0.2.200"));
  assert_false(holds("192.0.2.128/25", "192.0.2.127"));
  assert_true(holds("192.0.2.7", "192.0.2.7"));
  assert_false(holds("192.0.2.7", "192.0.2.6"));
  assert_true(holds("0.0.0.0/0", "8.8.8.8"));
  assert_false(holds("0.0.0.0/0", "2001:db8::1"));
  assert_true(holds("2001:db8::/32", "2001:db8:ffff::1"));
  assert_false(holds("2001:db8::/32", "2001:db9::1"));
  assert_true(holds("::/0", "192.0.2.7"));
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8 ", "host",
                           "2001:db8::/129", "2001:db8::1/64", "[::1]", "10/8"})
    if (parse_network(text)) fail_msg("'%s' was not refused", text);
  assert_true(format_address(address("192.0.2.7")) == "192.0.2.7");
  assert_true(format_address(address("2001:db8::7")) == "2001:db8::7");
}

// Appendix A of the paper, and the first of the vectors published with the reference implementation.
void the_hash_is_siphash_2_4(void**) {
  const KeyedHash hash({0x0706050403020100U, 0x0f0e0d0c0b0a0908U});
  const std::string bytes("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e", 15);
  assert_true(hash(bytes) == 0xa129ca6149be45e5U);
  assert_true(hash({}) == 0x726fdb47dd0e0e31U);
}

void each_sender_has_its_own_limit(void**) {
  static SourceLimiter limiter(10.0, KeyedHash({1, 2}));
  const auto at = [](int ms) { return std::chrono::nanoseconds(std::chrono::milliseconds(1000000 + ms)); };
  const SourceAddress flooder = address("192.0.2.7");
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) admitted += limiter.admit(flooder, at(0)) ? 1 : 0;
  assert_int_equal(admitted, 10);
  assert_true(limiter.admit(address("192.0.2.8"), at(0)));
  admitted = 0;
  for (int ms = 0; ms < 10000; ++ms) admitted += limiter.admit(flooder, at(ms)) ? 1 : 0;
  assert_in_range(admitted, 98, 102);
  for (int i = 0; i < 10; ++i) assert_true(limiter.admit(address("2001:db8::7"), at(0)));
  assert_false(limiter.admit(address("2001:db8::8"), at(0)));
  assert_true(limiter.admit(address("2001:db8:0:1::8"), at(0)));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(listen_addresses_are_numeric),
    cmocka_unit_test(networks_hold_their_addresses),
    cmocka_unit_test(the_hash_is_siphash_2_4),
    cmocka_unit_test(each_sender_has_its_own_limit),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
