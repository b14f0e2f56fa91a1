#pragma once
// Flags to the journal of this host, with their fields kept apart: journald's native protocol.

#include <array>
#include <string_view>

#include "platform/emit/datagram_socket.h"
#include "platform/emit/emitter.h"
#include "platform/emit/flag_format.h"

namespace epsilond::platform {

inline constexpr std::string_view kJournalSocketPath = "/run/systemd/journal/socket";
inline constexpr std::size_t kMostSocketPath = 107;  // what fits a socket address

// One datagram for each flag. A journal that restarted is found again at the next flag; where there is none, or where
// it is behind, the flag is dropped and counted.
class JournalEmitter final : public Emitter {
 public:
  // `facility`: 0 .. 23.
  JournalEmitter(std::string_view path, int facility);

  Result<void> emit(const Flag& flag) override;
  Result<void> reach() override { return socket_.reach(); }
  std::string_view name() const override { return name_; }

 private:
  DatagramSocket socket_;
  int facility_;
  FixedString<128> name_;
  std::array<char, kLargestJournalEntry> entry_{};
};

}  // namespace epsilond::platform
