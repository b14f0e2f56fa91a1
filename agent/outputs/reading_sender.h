#pragma once
// Readings of all models over UDP each period, as lines of a protocol of time series.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/config/config.h"
#include "agent/outputs/schedule.h"
#include "agent/pipeline/pipeline.h"
#include "platform/emit/datagram_socket.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/reading.h"

namespace epsilond::agent {

class ReadingSender {
 public:
  // Of an [emit udp] section whose format is not json; `agent` has the tags.
  ReadingSender(const EmitterConfig& config, const Config& agent, std::string_view host);

  // Sends what is due, of the newest step of `pipeline`: as few datagrams as hold all lines, each whole lines and at
  // most max_datagram bytes. Never waits, allocates nothing; what the kernel does not take is dropped and counted.
  void tick(const Pipeline& pipeline, std::chrono::nanoseconds wall);

  std::string_view name() const { return name_; }
  // Datagrams, as those of DatagramEmitter.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void send_all(const Pipeline& pipeline);
  void put_part(const platform::Reading& reading, std::size_t part, platform::TextWriter& out);
  void send(platform::TextWriter& out);

  platform::LineFormat format_;
  std::string host_;
  std::string cluster_;
  std::string role_;
  Schedule schedule_;
  platform::DatagramSocket socket_;
  platform::FixedString<72> name_;
  platform::ReadingMoment moment_;
  std::uint64_t sent_ = 0;
  std::uint64_t dropped_ = 0;
  bool failing_ = false;  // and that was said
  std::size_t max_datagram_;
  std::array<char, platform::kLargestMaxDatagram> datagram_{};
};

}  // namespace epsilond::agent
