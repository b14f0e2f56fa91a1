#include "agent/control/agent_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "agent/pipeline/explanation.h"

namespace epsilond::agent {
namespace {

template <typename... Arguments>
std::string print(const char* format, Arguments... arguments) {
  char text[64];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

double or_zero(double value) { return std::isfinite(value) ? value : 0.0; }

}  // namespace

std::string decimal_text(double value, int decimals) {
  return std::isfinite(value) ? print("%.*f", decimals, value) : std::string("-");
}

std::string share_text(double share) { return share >= 0.005 ? print("%.0f %%", share * 100.0) : std::string(); }

std::string z_text(double z) { return std::isfinite(z) ? print("%+.1f", z) : std::string("-"); }

std::string value_text(const RawJson& feature) {
  const double value = feature["value"].number();
  return std::isfinite(value) ? format_quantity(value, feature["unit"].text()).c_str() : "absent";
}

std::string usual_text(const RawJson& feature) {
  const double mean = feature["mean"].number();
  return std::isfinite(mean) ? format_usual(mean, or_zero(feature["sd"].number()), feature["unit"].text()).c_str()
                             : "-";
}

std::string state_text(const RawJson& model) {
  std::string state = model["state"].text();
  if (state == "learning") state += print(" %.0f %%", std::floor(or_zero(model["learning_ratio"].number()) * 100.0));
  return state;
}

AgentLines sort_lines(std::span<const std::string_view> lines) {
  AgentLines sorted;
  for (const std::string_view line : lines) {
    const RawJson object(line);
    const std::string what = object["what"].text();
    if (what == "agent") sorted.agent = object;
    if (what == "model") sorted.models.push_back({object, {}});
    if (what == "feature" && !sorted.models.empty()) sorted.models.back().features.push_back(object);
    if (what == "emitter") sorted.emitters.push_back(object);
  }
  return sorted;
}

void rank(std::vector<RawJson>& features) {
  std::stable_sort(features.begin(), features.end(), [](const RawJson& a, const RawJson& b) {
    const double share_a = or_zero(a["share"].number());
    const double share_b = or_zero(b["share"].number());
    if (share_a != share_b) return share_a > share_b;
    return std::fabs(or_zero(a["z"].number())) > std::fabs(or_zero(b["z"].number()));
  });
}

std::string with_member(const RawJson& object, std::string_view name, std::span<const RawJson> elements) {
  std::string text(object.raw().substr(0, object.raw().empty() ? 0 : object.raw().size() - 1));
  text += ",\"" + std::string(name) + "\":[";
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) text += ',';
    text += elements[i].raw();
  }
  return text + "]}";
}

}  // namespace epsilond::agent
