// Any text as a network, and as an address that is listened to: refused with a reason, or something that holds itself
// and reads the same when it is written out.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/collect/network.h"
#include "tests/support/fuzz_source.h"

using namespace epsilond::platform;
using epsilond::tests::require_promise;

namespace {

constexpr unsigned kMappedBits = 96;  // before an IPv4 address as IPv6 maps it

SourceAddress flipped(SourceAddress address, unsigned bit) {
  std::uint8_t& byte = address.bytes[bit / 8];
  byte = static_cast<std::uint8_t>(std::uint32_t{byte} ^ (0x80U >> (bit % 8)));
  return address;
}

void check_network(std::string_view text) {
  const Result<Network> network = parse_network(text);
  if (!network) {
    require_promise(network.error().code == ErrorCode::kInvalid && !network.error().context.empty());
    return;
  }
  require_promise(network->prefix_bits <= 128 && network->contains(network->address));
  // The last bit of the prefix counts, and the one behind it does not.
  const unsigned bits = network->prefix_bits;
  require_promise(bits == 0 || !network->contains(flipped(network->address, bits - 1)));
  require_promise(bits == 128 || network->contains(flipped(network->address, bits)));
  // What IPv6 maps to IPv4 is written as that: ::ffff:0:0/96 is 0.0.0.0/0.
  const bool ipv4 = network->address.is_ipv4();
  require_promise(!ipv4 || bits >= kMappedBits);
  std::string written(format_address(network->address).view());
  written += "/" + std::to_string(bits - (ipv4 ? kMappedBits : 0U));
  const Result<Network> again = parse_network(written);
  require_promise(again && again->address == network->address && again->prefix_bits == bits);
}

void check_listen_address(std::string_view text) {
  const Result<Endpoint> endpoint = parse_listen_address(text, 8089);
  if (!endpoint) {
    require_promise(endpoint.error().code == ErrorCode::kInvalid && !endpoint.error().context.empty());
    return;
  }
  const Result<Endpoint> again = parse_listen_address(format_endpoint(*endpoint), 1);
  require_promise(again && *again == *endpoint);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_network(text);
  check_listen_address(text);
  return 0;
}
