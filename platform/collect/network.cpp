#include "platform/collect/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "platform/kernel/field_cursor.h"

namespace epsilond::platform {
namespace {

constexpr std::size_t kMappedBytes = 12;
constexpr std::array<std::uint8_t, kMappedBytes> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

Error refuse(std::string_view text, const char* reason) {
  const std::string_view shown = utf8_prefix(text, 60);
  return make_error(ErrorCode::kInvalid, 0, "'%.*s': %s", static_cast<int>(shown.size()), shown.data(), reason);
}

bool read_address(std::string_view text, bool ipv6, std::uint8_t* out) {
  if (text.find('\0') != std::string_view::npos) return false;
  const FixedString<INET6_ADDRSTRLEN> terminated(text);
  return terminated.size() == text.size() && ::inet_pton(ipv6 ? AF_INET6 : AF_INET, terminated.c_str(), out) == 1;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_integer<std::uint16_t>(text);
}

}  // namespace

bool SourceAddress::is_ipv4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

EndpointText format_address(const SourceAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool ipv4 = address.is_ipv4();
  ::inet_ntop(ipv4 ? AF_INET : AF_INET6, address.bytes.data() + (ipv4 ? kMappedBytes : 0), text.data(), text.size());
  return EndpointText(text.data());
}

Result<Endpoint> parse_listen_address(std::string_view text, std::uint16_t default_port) {
  Endpoint endpoint;
  endpoint.port = default_port;
  std::string_view address = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return refuse(text, "']' is missing after the IPv6 address");
    endpoint.ipv6 = true;
    address = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return refuse(text, "only :PORT may follow ']'");
  } else {
    const std::size_t colon = text.find(':');
    if (colon != text.rfind(':')) return refuse(text, "write an IPv6 address in brackets, [ADDRESS]:PORT");
    address = text.substr(0, colon);
    rest = text.substr(address.size());
  }
  if (!read_address(address, endpoint.ipv6, endpoint.address.data()))
    return refuse(text,
                  endpoint.ipv6 ? "not a numeric IPv6 address" : "not a numeric address (names are not resolved)");
  if (rest.empty()) return endpoint;
  const std::optional<std::uint16_t> port = read_port(rest.substr(1));
  if (!port) return refuse(text, "the port must be 0 .. 65535");
  endpoint.port = *port;
  return endpoint;
}

bool Network::contains(const SourceAddress& source) const {
  const std::size_t whole = prefix_bits / 8;
  const unsigned bits = prefix_bits % 8;
  if (!std::equal(source.bytes.begin(), source.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin()))
    return false;
  return bits == 0 || (source.bytes[whole] ^ address.bytes[whole]) >> (8U - bits) == 0;
}

Result<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const bool ipv6 = address.find(':') != std::string_view::npos;
  Network network;
  std::uint8_t* const bytes = network.address.bytes.data();
  if (!ipv6) std::copy(kMapped.begin(), kMapped.end(), bytes);
  if (!read_address(address, ipv6, bytes + (ipv6 ? 0 : kMappedBytes)))
    return refuse(text, "not a numeric address, as in 10.0.0.0/8 or 2001:db8::/32");
  const unsigned width = ipv6 ? 128 : 32;
  unsigned bits = width;
  if (slash != std::string_view::npos) {
    const auto given = parse_integer<std::uint8_t>(text.substr(slash + 1));
    if (!given || *given > width)
      return refuse(text, ipv6 ? "the prefix must be 0 .. 128" : "the prefix must be 0 .. 32");
    bits = *given;
  }
  network.prefix_bits = bits + 128 - width;
  for (unsigned bit = network.prefix_bits; bit < 128; ++bit)
    if ((bytes[bit / 8] >> (7U - bit % 8) & 1U) != 0)
      return refuse(text, "there are bits of the address behind the prefix");
  return network;
}

}  // namespace epsilond::platform
