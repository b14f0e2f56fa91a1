#include "platform/collect/datagram_listener.h"

#include <linux/sock_diag.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "platform/emit/socket_address.h"

namespace epsilond::platform {
namespace {

SourceAddress source_of(const sockaddr_in6& address) {
  SourceAddress source;
  if (address.sin6_family == AF_INET6) {
    std::memcpy(source.bytes.data(), &address.sin6_addr, source.bytes.size());
    return source;
  }
  sockaddr_in in{};
  std::memcpy(&in, &address, sizeof in);
  source.bytes[10] = source.bytes[11] = 0xFF;
  std::memcpy(source.bytes.data() + 12, &in.sin_addr, 4);
  return source;
}

ErrorCode bind_code(int error) {
  if (error == EADDRINUSE) return ErrorCode::kUnavailable;
  return error == EADDRNOTAVAIL ? ErrorCode::kInvalid : code_of_errno(error);
}

}  // namespace

DatagramListener::DatagramListener() {
  for (std::size_t i = 0; i < kBatch; ++i) {
    pieces_[i] = {bytes_[i].data(), kMaxDatagram};
    msghdr& header = messages_[i].msg_hdr;
    header.msg_iov = &pieces_[i];
    header.msg_iovlen = 1;
    header.msg_name = &sources_[i];
    header.msg_control = controls_[i].bytes.data();
  }
}

Result<std::unique_ptr<DatagramListener>> DatagramListener::open(const Endpoint& endpoint, int buffer_bytes) {
  const EndpointText name = format_endpoint(endpoint);
  UniqueFd fd(::socket(endpoint.ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return make_error(code_of_errno(errno), errno, "%s: cannot create a socket", name.c_str());
  const int yes = 1;
  const int no = 0;
  // Each of these makes it better where the kernel grants it, and none is needed.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof yes);
  if (buffer_bytes > 0) ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  if (endpoint.ipv6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  sockaddr_storage address{};
  const socklen_t size = socket_address(endpoint, address);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
    return make_error(bind_code(errno), errno, "%s: cannot listen: %s", name.c_str(), std::strerror(errno));
  std::unique_ptr<DatagramListener> listener(new DatagramListener());
  listener->fd_ = std::move(fd);
  return listener;
}

Endpoint DatagramListener::bound() const {
  Endpoint endpoint;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return endpoint;
  endpoint.ipv6 = address.ss_family == AF_INET6;
  sockaddr_in6 in6{};
  sockaddr_in in{};
  if (endpoint.ipv6) {
    std::memcpy(&in6, &address, sizeof in6);
    std::memcpy(endpoint.address.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
    endpoint.port = ntohs(in6.sin6_port);
  } else {
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(endpoint.address.data(), &in.sin_addr, sizeof in.sin_addr);
    endpoint.port = ntohs(in.sin_port);
  }
  return endpoint;
}

std::size_t DatagramListener::buffer_bytes() const {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  return ::getsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, &size) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

std::size_t DatagramListener::receive(DatagramSink& sink) {
  for (mmsghdr& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    message.msg_hdr.msg_controllen = sizeof(Control);
  }
  const int got = ::recvmmsg(fd_.get(), messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (got <= 0) return 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    msghdr& header = messages_[i].msg_hdr;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
      if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t counter = 0;
      std::memcpy(&counter, CMSG_DATA(control), sizeof counter);
      note_drops(counter);
    }
    sink.take({bytes_[i].data(), messages_[i].msg_len}, (header.msg_flags & MSG_TRUNC) != 0, source_of(sources_[i]));
  }
  return static_cast<std::size_t>(got);
}

void DatagramListener::note_drops(std::uint32_t counter) {
  // What is told with a datagram is of when it was queued: older than what was asked for last.
  const std::uint32_t more = counter - drop_counter_;
  if (more > 0x7FFFFFFFU) return;
  dropped_ += more;
  drop_counter_ = counter;
}

std::uint64_t DatagramListener::dropped() {
  // With a datagram comes how many were lost before it; this also knows of those behind the last one. Linux 4.12.
  std::array<std::uint32_t, SK_MEMINFO_VARS> facts{};
  socklen_t size = sizeof facts;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, facts.data(), &size) == 0 &&
      size > SK_MEMINFO_DROPS * sizeof(std::uint32_t))
    note_drops(facts[SK_MEMINFO_DROPS]);
  return dropped_;
}

}  // namespace epsilond::platform
