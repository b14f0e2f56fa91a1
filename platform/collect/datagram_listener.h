#pragma once
// A UDP socket that takes what agents send, many datagrams at a time, and knows how many it lost.

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "platform/collect/network.h"
#include "platform/emit/endpoint.h"
#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

class DatagramSink {
 public:
  virtual ~DatagramSink() = default;
  // `datagram` is gone when this returns. `cut`: it was longer than DatagramListener::kMaxDatagram.
  virtual void take(std::string_view datagram, bool cut, const SourceAddress& source) = 0;
};

class DatagramListener {
 public:
  static constexpr std::size_t kMaxDatagram = 8192;
  static constexpr std::size_t kBatch = 64;
  // Port 0: any free one. `buffer_bytes`: asked of the kernel, which gives net.core.rmem_max at the most; 0: what it
  // gives unasked. Errors: kUnavailable (the address is taken), kPermission, kInvalid (no address of this machine),
  // kIo.
  static Result<std::unique_ptr<DatagramListener>> open(const Endpoint& endpoint, int buffer_bytes);

  int fd() const { return fd_.get(); }  // to be polled
  Endpoint bound() const;
  // As the kernel counts them: of a datagram and what it needs to keep it.
  std::size_t buffer_bytes() const;

  // Hands what has come to `sink`, kBatch datagrams at the most, without waiting; how many.
  std::size_t receive(DatagramSink& sink);
  // How many the kernel dropped since open() because they came faster than they were received.
  std::uint64_t dropped();

 private:
  DatagramListener();
  // The counter of the kernel has 32 bits.
  void note_drops(std::uint32_t counter);

  UniqueFd fd_;
  std::uint32_t drop_counter_ = 0;
  std::uint64_t dropped_ = 0;
  std::array<mmsghdr, kBatch> messages_{};
  std::array<iovec, kBatch> pieces_{};
  std::array<sockaddr_in6, kBatch> sources_{};
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> bytes;
  };
  std::array<Control, kBatch> controls_{};
  std::array<std::array<char, kMaxDatagram>, kBatch> bytes_;
};

}  // namespace epsilond::platform
