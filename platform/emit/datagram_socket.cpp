#include "platform/emit/datagram_socket.h"

#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "platform/emit/socket_address.h"
#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

// Returns 0 or the errno.
int send_now(int fd, std::string_view datagram) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const ssize_t sent = uninterrupted([&] { return ::send(fd, datagram.data(), datagram.size(), kFlags); });
  return sent < 0 ? errno : 0;
}

// The kernel is out of room for now, or the datagram is too big: the socket itself is sound and a retry is pointless.
bool socket_is_sound(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM || error == EMSGSIZE;
}

Error send_error(int error) {
  const ErrorCode code = error == EMSGSIZE ? ErrorCode::kTooLarge : code_of_errno(error);
  if (error == EPERM)
    return make_error(code, error, "not permitted, by a firewall or by IPAddressDeny= of the unit (epsilond(8))");
  return make_error(code, error, "cannot send a datagram");
}

}  // namespace

DatagramSocket::DatagramSocket(const Endpoint& endpoint) : address_bytes_(socket_address(endpoint, address_)) {}

DatagramSocket::DatagramSocket(std::string_view local_path) {
  sockaddr_un address{};
  if (local_path.empty() || local_path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::copy(local_path.begin(), local_path.end(), address.sun_path);
  std::memcpy(&address_, &address, sizeof address);
  address_bytes_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + local_path.size() + 1);
}

Result<void> DatagramSocket::open() {
  if (address_bytes_ == 0) return make_error(ErrorCode::kInvalid, ENAMETOOLONG, "the socket path is empty or too long");
  UniqueFd fd(::socket(address_.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return make_error(code_of_errno(errno), errno, "cannot create a socket");
  // Connecting a datagram socket sends nothing and waits for nobody.
  const auto* const address = reinterpret_cast<const sockaddr*>(&address_);
  if (uninterrupted([&] { return ::connect(fd.get(), address, address_bytes_); }) != 0)
    return make_error(code_of_errno(errno), errno, "cannot connect the socket");
  fd_ = std::move(fd);
  return {};
}

Result<void> DatagramSocket::reach() { return fd_.valid() ? Result<void>() : open(); }

Result<DatagramSocket::Sent> DatagramSocket::send(std::string_view datagram) {
  const bool local = address_.ss_family == AF_UNIX;
  const bool was_open = fd_.valid();
  if (!was_open)
    if (Result<void> opened = open(); !opened) return opened.error();

  int error = send_now(fd_.get(), datagram);
  if (error == 0) return Sent{};
  if (socket_is_sound(error)) return send_error(error);

  // A fresh socket has no past: its error is about this datagram.
  bool earlier_lost = false;
  if (was_open) {
    if (local) {
      fd_.reset();
      if (Result<void> opened = open(); !opened) return opened.error();
    } else {
      earlier_lost = error == ECONNREFUSED;
    }
    error = send_now(fd_.get(), datagram);
    if (error == 0) return Sent{earlier_lost};
    if (socket_is_sound(error)) return send_error(error);
  }
  // The route, the source address or the receiver has gone: the next send starts from nothing.
  fd_.reset();
  return send_error(error);
}

}  // namespace epsilond::platform
