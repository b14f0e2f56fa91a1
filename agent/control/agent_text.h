#pragma once
// The lines of the control socket as text for people.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/control/raw_json.h"

namespace epsilond::agent {

// "71 %", and nothing for 0.
std::string share_text(double share);
// "+26.1"; "-" for what is not finite.
std::string z_text(double z);
// "-83.1"; "-" for what is not finite.
std::string decimal_text(double value, int decimals);
// Of a feature line.
std::string value_text(const RawJson& feature);
std::string usual_text(const RawJson& feature);
// "learning 34 %", "normal", ...
std::string state_text(const RawJson& model);

// A model and the features that follow it.
struct ModelLines {
  RawJson model;
  std::vector<RawJson> features;
};
struct AgentLines {
  RawJson agent;
  std::vector<ModelLines> models;
  std::vector<RawJson> emitters;
};
// Sorts the lines of an answer; what is unknown is left out.
AgentLines sort_lines(std::span<const std::string_view> lines);

// The features, those that explain most first: by share, then by |z|.
void rank(std::vector<RawJson>& features);

// "{"model":...,"features":[...]}": an object with one member more.
std::string with_member(const RawJson& object, std::string_view name, std::span<const RawJson> elements);

}  // namespace epsilond::agent
