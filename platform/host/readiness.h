#pragma once
// Tells the service manager "ready", "stopping", "alive": the sd_notify(3) protocol, spoken without its library.

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

// Every call sends one datagram or does nothing when no manager listens. Never waits: if the manager is behind, the
// message is lost with kUnavailable, which matters only to ready().
class Readiness {
 public:
  // Does nothing on any call.
  Readiness() = default;

  // `socket`: the value of NOTIFY_SOCKET; an absolute path, or "@name" for an abstract one; empty = no manager.
  // kInvalid for anything else.
  static Result<Readiness> make(std::string_view socket);
  // From NOTIFY_SOCKET of the environment.
  static Result<Readiness> from_environment();

  bool active() const { return fd_.valid(); }

  Result<void> ready();
  Result<void> stopping();
  // `monotonic`: CLOCK_MONOTONIC when the reload began; follow it by ready() when it is done.
  Result<void> reloading(std::chrono::nanoseconds monotonic);
  Result<void> alive();
  // Asks for another watchdog time than the one of the unit, from now on.
  Result<void> watchdog(std::chrono::microseconds time);
  // One line for `systemctl status`, cut at 200 bytes; a control character becomes a space, so `text` cannot smuggle in
  // an assignment of its own.
  Result<void> status(std::string_view text);

 private:
  Result<void> send(std::string_view message);

  UniqueFd fd_;
  sockaddr_un address_{};
  socklen_t address_bytes_ = 0;
};

// How long the manager waits between two alive() before it takes us for dead, from the values of WATCHDOG_USEC and
// WATCHDOG_PID (which may be null) for the process `pid`; nothing if it does not watch this process. Send twice as
// often.
std::optional<std::chrono::microseconds> parse_watchdog(const char* usec, const char* watched_pid, long pid);
std::optional<std::chrono::microseconds> watchdog_from_environment();

}  // namespace epsilond::platform
