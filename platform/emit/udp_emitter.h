#pragma once
// Flags as JSON datagrams, one event each, over UDP.

#include <cstddef>
#include <span>

#include "platform/emit/datagram_emitter.h"
#include "platform/emit/endpoint.h"
#include "platform/emit/flag_format.h"

namespace epsilond::platform {

class UdpEmitter final : public DatagramEmitter {
 public:
  // `max_datagram`: kMinJsonDatagram .. kLargestMaxDatagram bytes; beyond either end the nearer one is used.
  UdpEmitter(const Endpoint& endpoint, std::size_t max_datagram)
      : DatagramEmitter("udp ", endpoint, kMinJsonDatagram, max_datagram) {}

 private:
  Result<std::size_t> render(const Flag& flag, std::span<char> out) override { return render_flag_json(flag, out); }
};

}  // namespace epsilond::platform
