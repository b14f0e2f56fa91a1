#pragma once
// A connected datagram socket that never waits and mends itself: over UDP or a local socket path.

#include <sys/socket.h>

#include <cstddef>
#include <string_view>

#include "platform/emit/endpoint.h"
#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

class DatagramSocket {
 public:
  explicit DatagramSocket(const Endpoint& endpoint);
  // A path that does not fit a socket address (107 bytes) makes every send() fail with kInvalid.
  explicit DatagramSocket(std::string_view local_path);

  struct Sent {
    // The kernel reported that an earlier datagram did not arrive (UDP: the port answered "unreachable").
    bool earlier_lost = false;
  };

  // Opens and connects where there is no socket yet: what send() would fail with before it sends anything.
  Result<void> reach();

  // Hands one datagram to the kernel or fails at once; creates and connects the socket when there is none. A connected
  // UDP socket reports the fate of the previous datagram instead of sending this one, so such an error is answered by
  // one more try. A local socket whose receiver went away is connected afresh once. Errors: kUnavailable (full, nobody
  // there, no route), kNotFound and kPermission (local path), kTooLarge (the datagram), kIo.
  Result<Sent> send(std::string_view datagram);

 private:
  Result<void> open();

  sockaddr_storage address_{};
  socklen_t address_bytes_ = 0;  // 0: the address cannot exist
  UniqueFd fd_;
};

}  // namespace epsilond::platform
