#pragma once
// An agent on a simulated host that answers requests, as tests of the control socket see it.

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/control/control_service.h"
#include "agent/control/raw_json.h"
#include "tests/support/recording_emitter.h"
#include "tests/support/simulated_host.h"

namespace epsilond::tests {

using agent::AgentView;
using agent::Config;
using agent::ControlService;
using agent::features;
using agent::find_feature;
using agent::ModelConfig;
using agent::Pipeline;
using agent::RawJson;
using agent::StepTime;
using platform::Flag;
using platform::FlagEvent;

inline constexpr std::size_t kRows = 120;  // of the ring

struct ControlBench {
  Config config;
  std::vector<Flag> flags;
  std::unique_ptr<Pipeline> pipeline;
  SimulatedHost host{7};
  ControlService service;
  std::string answer;
  std::array<char, platform::LineServer::kBufferBytes> buffer;

  std::unique_ptr<Pipeline> make_pipeline() {
    std::vector<std::unique_ptr<platform::Emitter>> emitters;
    emitters.push_back(std::make_unique<RecordingEmitter>(&flags));
    return std::make_unique<Pipeline>(config, agent::features_for({}), std::move(emitters));
  }
  StepTime time() const { return StepTime{std::chrono::seconds(1795305600 + host.second()), {}, {}}; }
  void run(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      const auto sample = host.next();
      pipeline->step(sample, time());
    }
  }
  AgentView view() const { return {*pipeline, time(), 60.0, 2}; }
  bool more() {
    const AgentView now = view();
    service.show(now);
    const auto piece = service.go_on(0, buffer);
    answer.append(buffer.data(), piece.bytes);
    return !piece.last;
  }
  void begin(std::string_view line) {
    const AgentView now = view();
    answer.clear();
    service.show(now);
    service.begin(0, line, 1000);
  }
  void ask(std::string_view line) {
    begin(line);
    while (more()) {
    }
  }
  std::vector<std::string_view> lines() const {
    std::vector<std::string_view> all;
    const std::string_view text = answer;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      all.push_back(text.substr(at, text.find('\n', at) - at));
    return all;
  }
  std::size_t line_count() const { return lines().size(); }
  std::string_view line(std::size_t index) const { return lines()[index]; }
  std::string_view verdict() const { return lines().back(); }
  bool has(std::string_view text) const { return answer.find(text) != std::string::npos; }
  double number(std::size_t index, std::string_view name) const { return RawJson(line(index))[name].number(); }
  bool text_is(std::size_t index, std::string_view name, std::string_view expected) const {
    return RawJson(line(index))[name].text() == expected;
  }
  // Over the lines of features from `first` on.
  double sum(std::size_t first, std::string_view name) const {
    double total = 0.0;
    for (std::size_t i = first; i + 1 < line_count(); ++i) {
      const double value = number(i, name);
      if (std::isfinite(value)) total += value;
    }
    return total;
  }
  std::size_t flag_count(FlagEvent event) const {
    std::size_t count = 0;
    for (const Flag& flag : flags) count += flag.event == event ? 1 : 0;
    return count;
  }
  // The cells of one column of a csv answer, behind its header.
  std::vector<std::string> column(std::size_t index) const {
    std::vector<std::string> cells;
    for (std::size_t i = 1; i + 1 < line_count(); ++i) {
      std::string_view row = line(i);
      for (std::size_t skipped = 0; skipped < index; ++skipped) row.remove_prefix(row.find(',') + 1);
      cells.emplace_back(row.substr(0, row.find(',')));
    }
    return cells;
  }
  bool ascends_by_one(std::size_t index) const {
    const std::vector<std::string> cells = column(index);
    for (std::size_t i = 1; i < cells.size(); ++i)
      if (std::stod(cells[i]) != std::stod(cells[i - 1]) + 1.0) return false;
    return !cells.empty();
  }
  bool cell_is(std::size_t row, std::size_t index, std::string_view expected) const {
    return column(index)[row] == expected;
  }
  bool column_is_zero(std::size_t index) const {
    for (const std::string& cell : column(index))
      if (std::stod(cell) != 0.0) return false;
    return true;
  }
  std::string last_id() const { return std::string(flags.back().id.view()); }
  // Past its warm-up, with an episode of zombies that has ended.
  void live_through_an_episode() {
    run(200);
    host.extra_zombies = 400;
    run(40);
    host.extra_zombies = 0;
    run(60);
  }
};

inline int make_control_bench(void** state) {
  auto* bench = new ControlBench;
  ModelConfig model;
  for (std::size_t i = 0; i < features().size(); ++i) model.features.set(i);
  model.warm_up_s = 60;
  bench->config.models.push_back(model);
  model.name = "diary";
  model.features.reset();
  model.features.set(*find_feature("zombies"));
  bench->config.models.push_back(model);
  bench->config.history_s = kRows;
  bench->pipeline = bench->make_pipeline();
  *state = bench;
  return 0;
}

inline int destroy_control_bench(void** state) {
  delete static_cast<ControlBench*>(*state);
  return 0;
}

}  // namespace epsilond::tests
