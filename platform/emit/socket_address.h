#pragma once
// An endpoint as the socket calls want it.

#include <sys/socket.h>

#include "platform/emit/endpoint.h"

namespace epsilond::platform {

// Writes `endpoint` into `out` and returns how many bytes of it count.
socklen_t socket_address(const Endpoint& endpoint, sockaddr_storage& out);

}  // namespace epsilond::platform
