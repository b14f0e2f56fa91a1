#pragma once
// What every emitter of flags over UDP shares: the socket, room for one datagram, and the counts.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "platform/emit/datagram_socket.h"
#include "platform/emit/emitter.h"
#include "platform/emit/endpoint.h"
#include "platform/emit/flag_format.h"

namespace epsilond::platform {

// sent() counts datagrams handed to the kernel. dropped() counts those it refused and those a receiver's host later
// reported as undeliverable, so a datagram to a closed port is in both; and flags that could not be rendered.
class DatagramEmitter : public Emitter {
 public:
  Result<void> emit(const Flag& flag) final;
  Result<void> reach() final { return socket_.reach(); }
  std::string_view name() const final { return name_; }

 protected:
  // `name` goes before the endpoint. `max_datagram`: `least` .. kLargestMaxDatagram bytes; beyond either end the nearer
  // one is used.
  DatagramEmitter(std::string_view name, const Endpoint& endpoint, std::size_t least, std::size_t max_datagram);

 private:
  // The flag as one datagram at the front of `out`; its length, or why it does not fit.
  virtual Result<std::size_t> render(const Flag& flag, std::span<char> out) = 0;

  DatagramSocket socket_;
  std::size_t max_datagram_;
  FixedString<72> name_;
  std::array<char, kLargestMaxDatagram> datagram_{};
};

}  // namespace epsilond::platform
