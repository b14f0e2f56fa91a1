#pragma once
// Everything the agent tells Prometheus, in its text format 0.0.4: what the textfile holds and /metrics answers.
// Described in docs/metrics.md.

#include <cstddef>

#include "agent/config/config.h"
#include "agent/outputs/facts.h"
#include "platform/emit/text_writer.h"

namespace epsilond::agent {

// Of how many features of a model a host that is odd tells by default.
inline constexpr std::size_t kToldFeatures = 3;

// Every family with its HELP and TYPE, also one of which nothing is known yet; no timestamps, and nothing that is not
// finite. Overflows `out` if that is too small.
void put_exposition(platform::TextWriter& out, const AgentFacts& facts, FeatureDetail detail);

// What is always enough for this pipeline and so many sources.
std::size_t exposition_bytes(const Pipeline& pipeline, std::size_t sources, FeatureDetail detail);

}  // namespace epsilond::agent
