#pragma once
// Where datagrams may come from, and where they are received: numeric addresses only.

#include <array>
#include <cstdint>
#include <string_view>

#include "platform/emit/endpoint.h"
#include "platform/result.h"

namespace epsilond::platform {

// Of a sender, in network byte order; an IPv4 address as IPv6 maps it, ::ffff:a.b.c.d.
struct SourceAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool is_ipv4() const;
  friend bool operator==(const SourceAddress&, const SourceAddress&) = default;
};

// "192.0.2.10", "2001:db8::1".
EndpointText format_address(const SourceAddress& address);

// Reads "127.0.0.1:8089", "[::1]:8089", "0.0.0.0:8089" (every IPv4 address of this machine), "[::]:8089" (IPv4 too);
// without a port, `default_port`; port 0 is any free one. kInvalid, quoting the text, for anything else.
Result<Endpoint> parse_listen_address(std::string_view text, std::uint16_t default_port);

// A network in CIDR notation.
struct Network {
  SourceAddress address;
  unsigned prefix_bits = 0;  // 0 .. 128, of the mapped form where it is IPv4

  bool contains(const SourceAddress& source) const;
};

// Reads "10.0.0.0/8", "2001:db8::/32", "192.0.2.7" (one address). kInvalid for anything else, such as bits behind the
// prefix.
Result<Network> parse_network(std::string_view text);

}  // namespace epsilond::platform
