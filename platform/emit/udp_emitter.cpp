#include "platform/emit/udp_emitter.h"

#include <algorithm>
#include <span>

namespace epsilond::platform {

UdpEmitter::UdpEmitter(const Endpoint& endpoint, std::size_t max_datagram)
    : socket_(endpoint), max_datagram_(std::clamp(max_datagram, kMinJsonDatagram, kLargestMaxDatagram)), name_("udp ") {
  name_.append(format_endpoint(endpoint));
}

Result<void> UdpEmitter::emit(const Flag& flag) {
  const Result<std::size_t> size = render_flag_json(flag, std::span(datagram_).first(max_datagram_));
  if (!size) {
    ++dropped_;
    return size.error();
  }
  const Result<DatagramSocket::Sent> sent = socket_.send({datagram_.data(), *size});
  if (!sent) {
    ++dropped_;
    return sent.error();
  }
  if (sent->earlier_lost) ++dropped_;
  ++sent_;
  return {};
}

}  // namespace epsilond::platform
