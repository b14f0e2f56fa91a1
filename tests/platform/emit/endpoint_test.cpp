#include "platform/emit/endpoint.h"

#include <array>
#include <string_view>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::Endpoint;
using epsilond::platform::ErrorCode;
using epsilond::platform::format_endpoint;
using epsilond::platform::kSyslogPort;
using epsilond::platform::parse_endpoint;
using epsilond::platform::Result;
using namespace std::literals;

namespace {

void check(std::string_view text, std::uint16_t default_port, std::string_view expected) {
  const Result<Endpoint> endpoint = parse_endpoint(text, default_port);
  if (!endpoint)
    fail_msg("'%.*s' was refused: %s", static_cast<int>(text.size()), text.data(), endpoint.error().context.c_str());
  assert_true(format_endpoint(*endpoint) == expected);
}

void an_ipv4_address_and_port_are_read(void**) {
  const Result<Endpoint> endpoint = parse_endpoint("192.0.2.10:8089");
  assert_true(static_cast<bool>(endpoint));
  assert_false(endpoint->ipv6);
  assert_int_equal(endpoint->port, 8089);
  assert_int_equal(endpoint->address[0], 192);
  assert_int_equal(endpoint->address[3], 10);
}

void an_ipv6_address_and_port_are_read(void**) {
  const Result<Endpoint> endpoint = parse_endpoint("[2001:db8::1]:514");
  assert_true(static_cast<bool>(endpoint));
  assert_true(endpoint->ipv6);
  assert_int_equal(endpoint->port, 514);
  assert_int_equal(endpoint->address[1], 0x01);
  assert_int_equal(endpoint->address[15], 1);
}

void the_scheme_may_be_written(void**) {
  check("udp://192.0.2.10:8089", 0, "192.0.2.10:8089");
  check("udp://[::1]:65535", 0, "[::1]:65535");
}

void a_missing_port_is_the_default(void**) {
  check("udp://192.0.2.10", kSyslogPort, "192.0.2.10:514");
  check("[::1]", kSyslogPort, "[::1]:514");
  check("192.0.2.10:1", kSyslogPort, "192.0.2.10:1");
}

void a_formatted_endpoint_parses_to_itself(void**) {
  for (const std::string_view text : {"127.0.0.1:1"sv, "[::ffff:192.0.2.1]:514"sv,
                                      "[1111:2222:3333:4444:5555:6666:7777:8888]:65535"sv, "[ff02::1]:9"sv})
    check(text, 0, text);
}

void anything_else_is_refused_and_quoted(void**) {
  for (const std::string_view text : {""sv,
                                      "udp://"sv,
                                      "192.0.2.10"sv,
                                      "192.0.2.10:"sv,
                                      "192.0.2.10:0"sv,
                                      "192.0.2.10:65536"sv,
                                      "192.0.2.10:-1"sv,
                                      "192.0.2.10:+1"sv,
                                      "192.0.2.10:0514"sv,
                                      "192.0.2.10:514/"sv,
                                      "192.0.2.10:5 14"sv,
                                      " 192.0.2.10:514"sv,
                                      "192.0.2.10:514 "sv,
                                      "192.0.2:514"sv,
                                      "192.0.2.256:514"sv,
                                      "192.0.2.010:514"sv,
                                      "::1:514"sv,
                                      "2001:db8::1"sv,
                                      "[::1:514"sv,
                                      "[::1]514"sv,
                                      "[::1]"sv,
                                      "[]:514"sv,
                                      "[192.0.2.1]:514"sv,
                                      "[fe80::1%eth0]:514"sv,
                                      "collector.example.org:514"sv,
                                      "tcp://192.0.2.10:514"sv,
                                      "UDP://192.0.2.10:514"sv,
                                      "udp:192.0.2.10:514"sv,
                                      "0.0.0.0:514"sv,
                                      "[::]:514"sv,
                                      "255.255.255.255:514"sv,
                                      ":514"sv,
                                      "192.0.2.10\0:514"sv,
                                      "[::1\0]:514"sv,
                                      "192.0.2.10:514:514"sv,
                                      "0x7f.0.0.1:514"sv}) {
    const Result<Endpoint> endpoint = parse_endpoint(text);
    if (endpoint) fail_msg("'%.*s' was taken", static_cast<int>(text.size()), text.data());
    assert_int_equal(endpoint.error().code, ErrorCode::kInvalid);
    assert_int_equal(endpoint.error().context.c_str()[0], '\'');
  }
}

void the_error_says_what_is_wrong(void**) {
  struct Case {
    std::string_view text;
    std::string_view reason;
  };
  for (const Case& c :
       {Case{"loghost:514", "names are not resolved"}, Case{"tcp://192.0.2.1:514", "only scheme is udp://"},
        Case{"::1:514", "in brackets"}, Case{"192.0.2.1", "port is missing"}, Case{"192.0.2.1:99999", "1 .. 65535"},
        Case{"[fe80::1%2]:5", "zone"}}) {
    const Result<Endpoint> endpoint = parse_endpoint(c.text);
    assert_false(static_cast<bool>(endpoint));
    assert_true(endpoint.error().context.view().find(c.reason) != std::string_view::npos);
    assert_true(endpoint.error().context.view().find(c.text) != std::string_view::npos);
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(an_ipv4_address_and_port_are_read),
    cmocka_unit_test(an_ipv6_address_and_port_are_read),
    cmocka_unit_test(the_scheme_may_be_written),
    cmocka_unit_test(a_missing_port_is_the_default),
    cmocka_unit_test(a_formatted_endpoint_parses_to_itself),
    cmocka_unit_test(anything_else_is_refused_and_quoted),
    cmocka_unit_test(the_error_says_what_is_wrong),
};
EPSILOND_TEST_MAIN(kTests)
