#include "platform/emit/socket_address.h"

#include <netinet/in.h>

#include <cstring>

namespace epsilond::platform {

socklen_t socket_address(const Endpoint& endpoint, sockaddr_storage& out) {
  if (endpoint.ipv6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, endpoint.address.data(), sizeof address.sin6_addr);
    std::memcpy(&out, &address, sizeof address);
    return sizeof address;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  std::memcpy(&address.sin_addr, endpoint.address.data(), sizeof address.sin_addr);
  std::memcpy(&out, &address, sizeof address);
  return sizeof address;
}

}  // namespace epsilond::platform
