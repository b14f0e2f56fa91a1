#pragma once
// Flags to syslog: the classic line to the local socket, or RFC 5424 over UDP (RFC 5426).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/emit/datagram_emitter.h"
#include "platform/emit/datagram_socket.h"
#include "platform/emit/emitter.h"
#include "platform/emit/endpoint.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/line_output.h"
#include "platform/host/clock.h"

namespace epsilond::platform {

struct SyslogSettings {
  int facility = 3;      // 0 .. 23; 3 = daemon
  std::int32_t pid = 0;  // of the agent
  // kMinSyslogDatagram .. kLargestMaxDatagram bytes; beyond either end the nearer one is used.
  std::size_t max_datagram = kDefaultMaxDatagram;
};

// RFC 5424 over UDP. sequenceId counts the flags of this emitter, those that were dropped included, so that a receiver
// sees the gap.
class UdpSyslogEmitter final : public DatagramEmitter {
 public:
  UdpSyslogEmitter(const Endpoint& endpoint, const SyslogSettings& settings);

 private:
  Result<std::size_t> render(const Flag& flag, std::span<char> out) override;

  SyslogHeader header_;
};

inline constexpr std::string_view kLocalSyslogPath = "/dev/log";

// The classic line to a local syslog daemon. Classic, because rsyslog does not parse RFC 5424 on its local socket by
// default. A daemon that restarted is found again at the next flag. Where there is no daemon, the line goes to the
// fallback descriptor, without its <PRI>; where the daemon is there but behind, the flag is dropped and counted.
class LocalSyslogEmitter final : public Emitter {
 public:
  // `clock` (for the local time zone) must outlive the emitter. Does not own `fallback_fd`, usually stderr; -1 = none.
  LocalSyslogEmitter(const Clock& clock, std::string_view path, int fallback_fd, const SyslogSettings& settings);

  Result<void> emit(const Flag& flag) override;
  Result<void> reach() override { return socket_.reach(); }
  std::string_view name() const override { return name_; }

 private:
  Result<void> fall_back(std::size_t size, const Error& why);

  const Clock& clock_;
  DatagramSocket socket_;
  LineOutput fallback_;
  bool has_fallback_;
  SyslogHeader header_;
  std::size_t max_datagram_;
  FixedString<128> name_;
  std::array<char, kLargestMaxDatagram + 1> line_{};  // one more for the line end of the fallback
};

}  // namespace epsilond::platform
