#pragma once
// What comes in at the door of a fleet: datagrams that anybody may have sent, each counted by its fate.

#include <cstdint>
#include <vector>

#include "agent/fleet/host_book.h"
#include "platform/collect/datagram_listener.h"
#include "platform/collect/source_limiter.h"
#include "platform/host/clock.h"

namespace epsilond::agent {

struct IntakeFates {
  std::uint64_t datagrams = 0;     // that were received
  std::uint64_t refused = 0;       // of them: from networks that are not allowed
  std::uint64_t rate_limited = 0;  // beyond what a sender may send
  std::uint64_t oversized = 0;
  std::uint64_t malformed = 0;  // lines and events that cannot be read
  std::uint64_t foreign = 0;    // that are of another measurement or version
};

class Intake final : public platform::DatagramSink {
 public:
  // `from`: the networks that are listened to; none means all. `book` and `clock` must outlive the intake.
  Intake(HostBook& book, const platform::Clock& clock, std::vector<platform::Network> from, double datagrams_per_s,
         const platform::KeyedHash& hash)
      : book_(book), clock_(clock), from_(std::move(from)), limiter_(datagrams_per_s, hash) {}

  void take(std::string_view datagram, bool cut, const platform::SourceAddress& source) override;
  const IntakeFates& fates() const { return fates_; }

 private:
  bool admits(bool cut, const platform::SourceAddress& source, std::chrono::nanoseconds monotonic);
  void count(platform::ReadFate fate);

  HostBook& book_;
  const platform::Clock& clock_;
  std::vector<platform::Network> from_;
  platform::SourceLimiter limiter_;
  IntakeFates fates_;
};

}  // namespace epsilond::agent
