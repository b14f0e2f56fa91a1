#pragma once
// A pipeline over a simulated host, and what the agent knows of itself.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/outputs/exposition.h"
#include "agent/pipeline/pipeline.h"
#include "tests/support/simulated_host.h"

namespace epsilond::tests {

constexpr long kBegan = 1795305600;

struct OutputsBench {
  agent::Config config;
  std::unique_ptr<agent::Pipeline> pipeline;
  SimulatedHost host{1};
  std::vector<platform::SourcePart> sources;
  std::string text;

  void add_model(std::string name) {
    agent::ModelConfig model;
    model.name = std::move(name);
    for (std::size_t i = 0; i < agent::features().size(); ++i) model.features.set(i);
    model.warm_up_s = 30;
    config.models.push_back(model);
  }
  void build() {
    config.host = "web-01";
    pipeline = std::make_unique<agent::Pipeline>(config, agent::features_for({}),
                                                 std::vector<std::unique_ptr<platform::Emitter>>());
  }
  void step(int seconds) {
    for (int i = 0; i < seconds; ++i)
      pipeline->step(host.next(), agent::StepTime{std::chrono::seconds(kBegan + host.second()), {}});
  }
  std::chrono::nanoseconds wall() const { return pipeline->watchers().front()->latest().wall; }
  agent::AgentFacts facts() const { return {*pipeline, sources}; }
  // Fails to nothing where it does not fit.
  const std::string& expose(agent::FeatureDetail detail) {
    text.resize(agent::exposition_bytes(*pipeline, sources.size(), detail));
    platform::TextWriter out(text);
    agent::put_exposition(out, facts(), detail);
    text.resize(out.overflowed() ? 0 : out.size());
    return text;
  }
  // Lines that begin with `prefix`.
  std::size_t count(const char* prefix) const {
    std::size_t found = 0;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      found += text.compare(at, std::string(prefix).size(), prefix) == 0 ? 1U : 0U;
    return found;
  }
};

inline int setup_one_model(void** state) {
  auto* bench = new OutputsBench;
  bench->add_model("host");
  bench->build();
  *state = bench;
  return 0;
}

inline int setup_crowded(void** state) {
  auto* bench = new OutputsBench;
  for (int i = 0; i < 16; ++i) bench->add_model(std::string(29, 'm') + (i < 10 ? "0" : "") + std::to_string(i));
  bench->build();
  *state = bench;
  return 0;
}

inline int teardown_outputs(void** state) {
  delete static_cast<OutputsBench*>(*state);
  return 0;
}

}  // namespace epsilond::tests
