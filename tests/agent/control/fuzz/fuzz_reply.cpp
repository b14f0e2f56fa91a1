// Any bytes as the answer of an agent: what epsilonctl makes of them stays inside them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/control/agent_link.h"
#include "agent/control/agent_text.h"

using namespace epsilond::agent;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  AgentReply reply;
  reply.text.assign(reinterpret_cast<const char*>(data), size);
  read_reply(reply);
  AgentLines lines = sort_lines(reply.lines);
  std::size_t length = 0;
  for (ModelLines& model : lines.models) {
    rank(model.features);
    length += state_text(model.model).size() + with_member(model.model, "features", model.features).size();
    for (const RawJson& feature : model.features) length += value_text(feature).size() + usual_text(feature).size();
  }
  for (const std::string_view line : reply.lines) {
    const RawJson value(line);
    length += value["text"].text().size();
    for (const RawJson& element : value["processes"].elements()) length += element["comm"].text().size();
  }
  return length == ~std::size_t{0};
}
