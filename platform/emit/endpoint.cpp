#include "platform/emit/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "platform/emit/number_text.h"
#include "platform/emit/text_writer.h"

namespace epsilond::platform {
namespace {

constexpr std::string_view kScheme = "udp://";

Error refuse(std::string_view text, const char* reason) {
  const std::string_view shown = utf8_prefix(text, 60);
  return make_error(ErrorCode::kInvalid, 0, "'%.*s': %s", static_cast<int>(shown.size()), shown.data(), reason);
}

// 1 .. 65535 in decimal digits without a leading zero; 0 if `text` is anything else.
std::uint16_t parse_port(std::string_view text) {
  if (text.empty() || text.front() == '0') return 0;
  std::uint16_t port = 0;
  const std::from_chars_result result = std::from_chars(text.data(), text.data() + text.size(), port);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() ? port : std::uint16_t{0};
}

bool parse_address(std::string_view text, Endpoint& endpoint) {
  if (text.find('\0') != std::string_view::npos) return false;
  const FixedString<INET6_ADDRSTRLEN> terminated(text);
  if (terminated.size() != text.size()) return false;
  return ::inet_pton(endpoint.ipv6 ? AF_INET6 : AF_INET, terminated.c_str(), endpoint.address.data()) == 1;
}

bool all_bytes_are(const Endpoint& endpoint, std::uint8_t value) {
  const std::size_t size = endpoint.ipv6 ? 16 : 4;
  return std::all_of(endpoint.address.begin(), endpoint.address.begin() + static_cast<std::ptrdiff_t>(size),
                     [value](std::uint8_t byte) { return byte == value; });
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
  std::string_view rest = text;
  if (rest.starts_with(kScheme))
    rest.remove_prefix(kScheme.size());
  else if (rest.find("://") != std::string_view::npos)
    return refuse(text, "the only scheme is udp://");
  if (rest.empty()) return refuse(text, "an address is missing");

  Endpoint endpoint;
  std::string_view address;
  if (rest.front() == '[') {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return refuse(text, "']' is missing after the IPv6 address");
    endpoint.ipv6 = true;
    address = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty() && rest.front() != ':') return refuse(text, "only :PORT may follow ']'");
    if (address.find('%') != std::string_view::npos) return refuse(text, "an IPv6 zone (%...) is not supported");
  } else {
    const std::size_t colon = rest.find(':');
    if (colon != rest.rfind(':')) return refuse(text, "write an IPv6 address in brackets, [ADDRESS]:PORT");
    address = rest.substr(0, colon);
    rest.remove_prefix(address.size());
  }

  if (!parse_address(address, endpoint))
    return refuse(text,
                  endpoint.ipv6 ? "not a numeric IPv6 address" : "not a numeric address (names are not resolved)");
  if (all_bytes_are(endpoint, 0)) return refuse(text, "the unspecified address cannot be sent to");
  if (!endpoint.ipv6 && all_bytes_are(endpoint, 0xFF)) return refuse(text, "the broadcast address is not supported");

  if (rest.empty()) {
    if (default_port == 0) return refuse(text, "a port is missing, write ADDRESS:PORT");
    endpoint.port = default_port;
    return endpoint;
  }
  endpoint.port = parse_port(rest.substr(1));
  if (endpoint.port == 0) return refuse(text, "the port must be 1 .. 65535");
  return endpoint;
}

EndpointText format_endpoint(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> address{};
  ::inet_ntop(endpoint.ipv6 ? AF_INET6 : AF_INET, endpoint.address.data(), address.data(), address.size());
  std::array<char, kMaxNumberText> digits;
  TextWriter port(digits);
  put_integer(port, endpoint.port);

  EndpointText text;
  if (endpoint.ipv6) text.append("[");
  text.append(address.data());
  if (endpoint.ipv6) text.append("]");
  text.append(":");
  text.append(port.view());
  return text;
}

}  // namespace epsilond::platform
