#include "agent/outputs/outputs.h"

namespace epsilond::agent {

Outputs::Outputs(const Config& config, const Pipeline& pipeline, std::size_t sources) {
  for (const EmitterConfig& emitter : config.emitters) {
    if (emitter.kind == EmitterKind::kTextfile) textfiles_.emplace_back(emitter, pipeline, sources);
    if (emitter.kind == EmitterKind::kUdp && !carries_events(emitter))
      senders_.emplace_back(emitter, config, pipeline.host());
  }
}

void Outputs::tick(const AgentFacts& facts, std::chrono::nanoseconds wall) {
  // Nothing was seen before the second sample.
  if (facts.pipeline.steps() == 0) return;
  for (ReadingSender& sender : senders_) sender.tick(facts.pipeline, wall);
  for (Textfile& textfile : textfiles_) textfile.tick(facts, wall);
}

std::uint64_t Outputs::datagrams_dropped() const {
  std::uint64_t dropped = 0;
  for (const ReadingSender& sender : senders_) dropped += sender.dropped();
  return dropped;
}

std::size_t Outputs::memory_bytes() const {
  std::size_t bytes = senders_.capacity() * sizeof(ReadingSender) + textfiles_.capacity() * sizeof(Textfile);
  for (const Textfile& textfile : textfiles_) bytes += textfile.memory_bytes();
  return bytes;
}

}  // namespace epsilond::agent
