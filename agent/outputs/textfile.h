#pragma once
// The metrics as a file for node_exporter's textfile collector, renewed each period.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "agent/outputs/facts.h"
#include "agent/outputs/schedule.h"
#include "platform/fixed_string.h"

namespace epsilond::agent {

class Textfile {
 public:
  // Of an [emit textfile] section. Takes its memory here.
  Textfile(const EmitterConfig& config, const Pipeline& pipeline, std::size_t sources);

  // Writes the file if that is due: beside it, then renamed, so that a reader finds the old one or the new one whole.
  // Waits for no disk. What cannot be written is counted, and said once. The first time it removes what a killed writer
  // left beside the file.
  void tick(const AgentFacts& facts, std::chrono::nanoseconds wall);

  std::string_view name() const { return name_; }
  // Times that it was written, and that it was not.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t dropped() const { return dropped_; }
  std::size_t memory_bytes() const { return text_.size(); }

 private:
  std::string path_;
  FeatureDetail detail_;
  Schedule schedule_;
  platform::FixedString<128> name_;
  std::vector<char> text_;
  std::uint64_t sent_ = 0;
  std::uint64_t dropped_ = 0;
  bool failing_ = false;
};

}  // namespace epsilond::agent
