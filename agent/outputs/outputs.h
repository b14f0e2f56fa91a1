#pragma once
// Where numbers go besides events: readings over UDP and the textfile. /metrics outlives a reload: metrics_socket.h.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "agent/outputs/facts.h"
#include "agent/outputs/reading_sender.h"
#include "agent/outputs/textfile.h"

namespace epsilond::agent {

class Outputs {
 public:
  // One for each section that carries numbers. Takes all memory. `sources`: how many the source has.
  Outputs(const Config& config, const Pipeline& pipeline, std::size_t sources);

  // To be called after each step: sends and writes what is due.
  void tick(const AgentFacts& facts, std::chrono::nanoseconds wall);

  std::span<const ReadingSender> senders() const { return senders_; }
  std::span<const Textfile> textfiles() const { return textfiles_; }
  // Of the senders.
  std::uint64_t datagrams_dropped() const;
  std::size_t memory_bytes() const;

 private:
  std::vector<ReadingSender> senders_;
  std::vector<Textfile> textfiles_;
};

}  // namespace epsilond::agent
