#include "bench/faults/flood.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include "bench/faults/deadline.h"

namespace epsilond::bench {
namespace {

constexpr int kCallsPerLook = 256;  // a look at the clock is dearer than a datagram
constexpr std::size_t kConnectionBytes = 16384;

bool parse_target(const char* address, unsigned long port, sockaddr_in& target) {
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<std::uint16_t>(port));
  if (port > 0 && port <= 0xffff && inet_pton(AF_INET, address, &target.sin_addr) == 1) return true;
  std::fprintf(stderr, "%s %lu: not an IPv4 address and a port\n", address, port);
  return false;
}

const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

// A socket bound to `port`; -1 with errno.
int bound_socket(int type, unsigned long port) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(fd, generic(local), sizeof local) == 0 && (type == SOCK_DGRAM || listen(fd, 128) == 0)) return fd;
  close(fd);
  return -1;
}

void drain(int fd) {
  std::array<char, kConnectionBytes> buffer;
  for (int i = 0; i < kCallsPerLook && recv(fd, buffer.data(), buffer.size(), 0) > 0; ++i) {
  }
}

// The flood has one connection at a time, so each is read to its end before the next. We close first, and the flood
// answers with a reset, so that neither side keeps ports in TIME_WAIT until there are no more.
void accept_one(int listener) {
  constexpr time_t kLongestWaitSeconds = 1;
  const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  const timeval patience{kLongestWaitSeconds, 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, kConnectionBytes> buffer;
  static_cast<void>(recv(connection, buffer.data(), buffer.size(), MSG_WAITALL));
  close(connection);
}

}  // namespace

int flood_udp(const char* address, unsigned long port, unsigned long seconds) {
  sockaddr_in target{};
  if (!parse_target(address, port, target)) return 1;
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, generic(target), sizeof target) != 0) return failed("connect");
  const std::array<char, 64> datagram{};
  for (const Deadline deadline(seconds); !deadline.passed();)
    for (int i = 0; i < kCallsPerLook; ++i) static_cast<void>(send(fd, datagram.data(), datagram.size(), 0));
  close(fd);
  return 0;
}

int flood_tcp(const char* address, unsigned long port, unsigned long seconds) {
  sockaddr_in target{};
  if (!parse_target(address, port, target)) return 1;
  const std::array<char, kConnectionBytes> data{};
  for (const Deadline deadline(seconds); !deadline.passed();) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed("socket");
    if (connect(fd, generic(target), sizeof target) == 0)
      static_cast<void>(send(fd, data.data(), data.size(), MSG_NOSIGNAL));
    else
      sleep_ms(1);  // nobody there: a flood of refusals would be another fault
    const linger at_once{1, 0};
    char end = 0;
    static_cast<void>(recv(fd, &end, 1, 0));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
  }
  return 0;
}

int sink(unsigned long port, unsigned long seconds) {
  const int datagrams = bound_socket(SOCK_DGRAM, port);
  const int listener = bound_socket(SOCK_STREAM, port);
  if (datagrams < 0 || listener < 0) return failed("sink");
  for (const Deadline deadline(seconds); !deadline.passed();) {
    std::array<pollfd, 2> waiting{{{datagrams, POLLIN, 0}, {listener, POLLIN, 0}}};
    constexpr int kWaitMs = 100;
    if (poll(waiting.data(), waiting.size(), kWaitMs) <= 0) continue;
    if (waiting[0].revents != 0) drain(datagrams);
    if (waiting[1].revents != 0) accept_one(listener);
  }
  close(datagrams);
  close(listener);
  return 0;
}

}  // namespace epsilond::bench
