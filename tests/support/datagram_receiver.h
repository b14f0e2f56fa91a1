#pragma once
// A datagram socket to receive on, over loopback or a local path; every wait has an end.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "platform/emit/endpoint.h"

namespace epsilond::tests {

struct Datagram {
  std::array<char, 65536> bytes;
  std::size_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
};

// Plain data, so an asserting frame may own one; close() it in a teardown.
class DatagramReceiver {
 public:
  // Port 0: any free one. Returns false if the port is taken or the family is not there.
  bool open_udp(bool ipv6, std::uint16_t port) {
    sockaddr_storage address{};
    socklen_t size = 0;
    if (ipv6) {
      sockaddr_in6 in{};
      in.sin6_family = AF_INET6;
      in.sin6_addr = in6addr_loopback;
      in.sin6_port = htons(port);
      std::memcpy(&address, &in, size = sizeof in);
    } else {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      in.sin_port = htons(port);
      std::memcpy(&address, &in, size = sizeof in);
    }
    return bind_to(ipv6 ? AF_INET6 : AF_INET, address, size);
  }
  bool open_local(std::string_view path) {
    sockaddr_un un{};
    if (path.size() >= sizeof un.sun_path) return false;
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path.data(), path.size());
    sockaddr_storage address{};
    std::memcpy(&address, &un, sizeof un);
    // An abstract name, which begins with a zero byte, has no end but its length.
    return bind_to(AF_UNIX, address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size()));
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  platform::Endpoint endpoint() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    platform::Endpoint endpoint;
    endpoint.ipv6 = address.ss_family == AF_INET6;
    if (endpoint.ipv6) {
      sockaddr_in6 in{};
      std::memcpy(&in, &address, sizeof in);
      std::memcpy(endpoint.address.data(), &in.sin6_addr, 16);
      endpoint.port = ntohs(in.sin6_port);
    } else {
      sockaddr_in in{};
      std::memcpy(&in, &address, sizeof in);
      std::memcpy(endpoint.address.data(), &in.sin_addr, 4);
      endpoint.port = ntohs(in.sin_port);
    }
    return endpoint;
  }

  // False if nothing comes within five seconds.
  bool receive(Datagram& out) {
    pollfd ready{fd_, POLLIN, 0};
    out.size = 0;
    if (::poll(&ready, 1, 5000) != 1) return false;
    const ssize_t got = ::recv(fd_, out.bytes.data(), out.bytes.size(), 0);
    if (got < 0) return false;
    out.size = static_cast<std::size_t>(got);
    return true;
  }
  bool empty() const {
    pollfd ready{fd_, POLLIN, 0};
    return ::poll(&ready, 1, 0) == 0;
  }

 private:
  bool bind_to(int family, const sockaddr_storage& address, socklen_t size) {
    fd_ = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd_ >= 0 && ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0) return true;
    close();
    return false;
  }

  int fd_ = -1;
};

}  // namespace epsilond::tests
