#pragma once
// Flags as JSON datagrams, one event each, over UDP.

#include <array>
#include <cstddef>
#include <string_view>

#include "platform/emit/datagram_socket.h"
#include "platform/emit/emitter.h"
#include "platform/emit/endpoint.h"
#include "platform/emit/flag_format.h"

namespace epsilond::platform {

// sent() counts datagrams handed to the kernel. dropped() counts those it refused and those a receiver's host later
// reported as undeliverable, so a datagram to a closed port is in both.
class UdpEmitter final : public Emitter {
 public:
  // `max_datagram`: kMinJsonDatagram .. kLargestMaxDatagram bytes; beyond either end the nearer one is used.
  UdpEmitter(const Endpoint& endpoint, std::size_t max_datagram);

  Result<void> emit(const Flag& flag) override;
  std::string_view name() const override { return name_; }

 private:
  DatagramSocket socket_;
  std::size_t max_datagram_;
  FixedString<64> name_;
  std::array<char, kLargestMaxDatagram> datagram_{};
};

}  // namespace epsilond::platform
