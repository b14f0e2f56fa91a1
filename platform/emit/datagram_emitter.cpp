#include "platform/emit/datagram_emitter.h"

#include <algorithm>

namespace epsilond::platform {

DatagramEmitter::DatagramEmitter(std::string_view name, const Endpoint& endpoint, std::size_t least,
                                 std::size_t max_datagram)
    : socket_(endpoint), max_datagram_(std::clamp(max_datagram, least, kLargestMaxDatagram)), name_(name) {
  name_.append(format_endpoint(endpoint));
}

Result<void> DatagramEmitter::emit(const Flag& flag) {
  const Result<std::size_t> size = render(flag, std::span(datagram_).first(max_datagram_));
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
