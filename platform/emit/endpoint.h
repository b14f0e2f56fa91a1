#pragma once
// Where datagrams go: a numeric address and a port. Names are never resolved: a static binary cannot, and a daemon that
// waits for a name server would not be one that never waits.

#include <array>
#include <cstdint>
#include <string_view>

#include "platform/fixed_string.h"
#include "platform/result.h"

namespace epsilond::platform {

inline constexpr std::uint16_t kSyslogPort = 514;

struct Endpoint {
  bool ipv6 = false;
  std::array<std::uint8_t, 16> address{};  // network byte order; IPv4 uses the first four bytes
  std::uint16_t port = 0;                  // host byte order, 1 .. 65535

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

using EndpointText = FixedString<55>;

// Reads "192.0.2.10:8089", "[2001:db8::1]:514", each with or without "udp://" in front. The port may be left out if
// `default_port` is not 0. Error kInvalid, quoting the text, for anything else: a host name, another scheme, an IPv6
// address without brackets, a zone, a port out of range, trailing text, the unspecified or the broadcast address.
Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port = 0);

// The text parse_endpoint() reads, without a scheme.
EndpointText format_endpoint(const Endpoint& endpoint);

}  // namespace epsilond::platform
