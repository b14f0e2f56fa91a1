// Any bytes as a request: refused, or understood as something that lies inside them and keeps to its ranges; and
// whatever it is, the agent answers with whole lines that end in a verdict.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "agent/control/control_service.h"

using namespace epsilond::agent;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void parse(std::string_view line) {
  const auto request = parse_request(line);
  if (!request) return require(!request.error().context.empty());
  require(line.size() <= kMaxRequestBytes + 1);
  require(request->kind != RequestKind::kMute || (request->number >= 1 && request->number <= CommandedMute::kLongestS));
  const std::string_view rest = request->rest;
  require(rest.empty() || (rest.data() >= line.data() && rest.data() + rest.size() <= line.data() + line.size()));
  require(!rest.starts_with(' ') && !rest.ends_with(' '));
}

struct Agent {
  Agent() {
    ModelConfig model;
    for (std::size_t i = 0; i < features().size(); ++i) model.features.set(i);
    config.models.push_back(model);
    config.history_s = 60;
    pipeline = std::make_unique<Pipeline>(config, features_for({}),
                                          std::vector<std::unique_ptr<epsilond::platform::Emitter>>());
    Readings readings;
    for (std::size_t i = 0; i < features().size(); ++i) readings.present.set(i);
    readings.elapsed_s = 1.0;
    for (int i = 0; i < 100; ++i) pipeline->step(readings, StepTime{std::chrono::seconds(1795305600 + i), {}, {}});
  }
  Config config;
  std::unique_ptr<Pipeline> pipeline;
};

void answer(std::string_view line) {
  static Agent agent;
  static ControlService service;
  const AgentView view{*agent.pipeline, StepTime{std::chrono::seconds(1795305700), {}, {}}, 100.0, 0};
  service.show(view);
  service.begin(0, line, 0);
  std::array<char, epsilond::platform::LineServer::kBufferBytes> out;
  std::string_view last;
  for (int pieces = 0;; ++pieces) {
    const auto piece = service.go_on(0, out);
    require(piece.bytes > 0 && piece.bytes <= out.size() && out[piece.bytes - 1] == '\n' && pieces < 1000);
    last = std::string_view(out.data(), piece.bytes);
    if (piece.last) break;
  }
  last.remove_suffix(1);
  last.remove_prefix(last.find_last_of('\n') + 1);
  require(last == "ok" || last.starts_with("ok ") || last.starts_with("error "));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  parse(line);
  if (line.find("relearn") == std::string_view::npos && line.find("mute") == std::string_view::npos) answer(line);
  return 0;
}
