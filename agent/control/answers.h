#pragma once
// What the agent says of itself over the control socket, as JSON lines (docs/control-protocol.md). Pure: from what the
// pipeline holds into a caller's buffer. A line that does not fit overflows the writer and is to be written again.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "agent/outputs/metrics_socket.h"
#include "agent/outputs/outputs.h"
#include "agent/pipeline/episode_log.h"
#include "agent/pipeline/pipeline.h"
#include "platform/emit/text_writer.h"

namespace epsilond::agent {

// What is answered from, as it is at the time of a call.
struct AgentView {
  Pipeline& pipeline;
  StepTime time;
  double uptime_s = 0.0;
  std::uint64_t ticks_missed = 0;
  const Outputs* outputs = nullptr;  // null: none, as the next
  const MetricsSocket* metrics = nullptr;
};

// "learning", "normal", "anomalous", "flapping" (quiet between two raises), "muted", "grace".
std::string_view state_of(const Pipeline& pipeline, const Watcher& watcher);
// Of the agent: what is the matter with any of its models, the gravest first.
std::string_view state_of(const Pipeline& pipeline);

// Each writes whole lines.
void put_agent(platform::TextWriter& out, const AgentView& agent);
void put_model(platform::TextWriter& out, const Pipeline& pipeline, const Watcher& watcher);
// The model, and its strangest features, the strangest first.
void put_model_and_strangest(platform::TextWriter& out, const Pipeline& pipeline, const Watcher& watcher);
void put_emitter(platform::TextWriter& out, std::string_view name, std::uint64_t sent, std::uint64_t dropped);
// A column of a model as it is now.
void put_feature(platform::TextWriter& out, const Pipeline& pipeline, const Watcher& watcher, std::size_t column);
// The event as it was sent, in one line.
void put_episode(platform::TextWriter& out, const ToldEpisode& record);
void put_term(platform::TextWriter& out, const Feature& feature, std::string_view model, const FeatureArithmetic& term);

}  // namespace epsilond::agent
