#pragma once
// Carries flags (and, for those that want them, a line of numbers each interval) off the host. Never waits.

#include <cstdint>
#include <string_view>

#include "platform/emit/flag.h"
#include "platform/result.h"

namespace epsilond::platform {

class Emitter {
 public:
  Emitter() = default;
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;
  virtual ~Emitter() = default;

  // Sends now or drops now: never blocks, never queues. An error means this flag was dropped and counted.
  virtual Result<void> emit(const Flag& flag) = 0;

  // Is there somebody who could take a flag now (a socket, a route)? Nothing is sent, nobody is waited for. kUnsupported:
  // that cannot be known without sending.
  virtual Result<void> reach() { return make_error(ErrorCode::kUnsupported, 0, "known only once something is sent"); }

  virtual std::string_view name() const = 0;  // "syslog udp://192.0.2.10:514"
  std::uint64_t dropped() const { return dropped_; }
  std::uint64_t sent() const { return sent_; }

 protected:
  std::uint64_t dropped_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace epsilond::platform
