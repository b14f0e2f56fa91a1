#include "agent/control/status_command.h"

#include <array>
#include <cmath>
#include <string>

#include "agent/control/agent_link.h"
#include "agent/control/agent_text.h"
#include "agent/control/output.h"
#include "agent/pipeline/explanation.h"

namespace epsilond::agent {
namespace {

constexpr std::array kStatusSpecs = {kHelpOption, kJsonOption, kSocketOption};
constexpr std::array kCheckSpecs = {kHelpOption, kSocketOption};

void put_mute(const RawJson& agent, std::string& text) {
  if (agent["mute_until"].present()) {
    text += "  muted for another ";
    text += format_duration(agent["mute_left_s"].number()).view();
    text += ", until " + agent["mute_until"].text();
    const std::string reason = agent["mute_reason"].text();
    if (!reason.empty()) text += ": " + reason;
    text += '\n';
  }
  if (agent["mute_window"].is_true())
    text += "  muted until " + agent["mute_window_until"].text() + " by [mute " + agent["mute_window_name"].text() +
            "] of the configuration\n";
}

void put_model(const ModelLines& lines, std::string& text) {
  const RawJson& model = lines.model;
  text += "  [model " + model["model"].text() + "] " + state_text(model);
  const bool by_surprise = model["threshold_form"].text() == "budget";
  text += ": surprise " + decimal_text(model["surprise"].number(), 2);
  if (by_surprise) text += ", threshold " + decimal_text(model["threshold"].number(), 2);
  text += ", log super-epsilon " + decimal_text(model["log_super_epsilon"].number(), 1);
  if (!by_surprise) text += ", threshold " + decimal_text(model["threshold"].number(), 1);
  text += '\n';
  if (model["id"].present()) {
    text += "    episode " + model["id"].text() + " for ";
    text += format_duration(model["duration_s"].number()).view();
    text += ", surprise at its strangest " + decimal_text(model["peak_surprise"].number(), 2);
    if (model["times"].number() > 1.0) text += ", raised " + decimal_text(model["times"].number(), 0) + " times";
    if (!model["told"].is_true()) text += "; not told of yet";
    text += '\n';
  }
  if (model["cooldown_left_s"].present()) {
    text += "    in cooldown for another ";
    text += format_duration(model["cooldown_left_s"].number()).view();
    text += ": the same again is held back\n";
  }
  for (const RawJson& feature : lines.features) {
    text += "    " + padded(feature["description"].text(), 26) + padded(value_text(feature), 10, true) + "  usual " +
            padded(usual_text(feature), 18) + " z " + z_text(feature["z"].number());
    const std::string share = share_text(feature["share"].number());
    if (!share.empty()) text += ", " + share;
    text += '\n';
  }
}

std::string for_people(const AgentLines& lines) {
  const RawJson& agent = lines.agent;
  std::string text =
      "epsilond " + agent["version"].text() + " on " + agent["host"].text() + ": " + agent["state"].text() + ", up ";
  text += format_duration(agent["uptime_s"].number()).view();
  text += '\n';
  put_mute(agent, text);
  for (const ModelLines& model : lines.models) put_model(model, text);
  for (const RawJson& emitter : lines.emitters)
    text += "  " + emitter["name"].text() + ": " + decimal_text(emitter["sent"].number(), 0) + " sent, " +
            decimal_text(emitter["dropped"].number(), 0) + " dropped\n";
  text += "  " + decimal_text(agent["samples"].number(), 0) + " samples, " +
          decimal_text(agent["ticks_missed"].number(), 0) + " missed\n";
  return text;
}

std::string for_machines(const AgentLines& lines) {
  std::string text = "{\"agent\":" + std::string(lines.agent.raw()) + ",\"models\":[";
  for (const ModelLines& model : lines.models) {
    if (!text.ends_with('[')) text += ',';
    text += with_member(model.model, "features", model.features);
  }
  text += "],\"emitters\":[";
  for (const RawJson& emitter : lines.emitters) {
    if (!text.ends_with('[')) text += ',';
    text += emitter.raw();
  }
  return text + "]}\n";
}

// Of one model.
ExitCode plugin_state(const RawJson& model) {
  if (model["state"].text() == "muted" || !model["id"].present()) return kPluginOk;
  return model["peak_surprise"].number() >= model["critical_surprise"].number() ? kPluginCritical : kPluginWarning;
}

// Numbers as the guidelines of monitoring plugins want them: 'label'=value;warn;crit;min;max.
void put_performance(const RawJson& agent, const std::vector<ModelLines>& models, std::string& text) {
  text += " |";
  const auto add = [&text](const std::string& label, double value, const std::string& behind) {
    if (!std::isfinite(value)) return;
    char number[40];
    std::snprintf(number, sizeof number, "%.6g", value);
    text += " '" + label + "'=" + number + behind;
  };
  for (const ModelLines& lines : models) {
    const RawJson& model = lines.model;
    const std::string name = model["model"].text();
    const bool by_surprise = model["threshold_form"].text() == "budget";
    const bool has_cut = by_surprise && std::isfinite(model["threshold"].number());
    const std::string cuts = has_cut ? std::string(model["threshold"].raw()) : std::string();
    add(name + "_surprise", model["surprise"].number(),
        ";" + cuts + ";" + std::string(model["critical_surprise"].raw()) + ";0;");
    add(name + "_log_super_epsilon", model["log_super_epsilon"].number(), ";;;;");
    add(name + "_learning", 100.0 * model["learning_ratio"].number(), "%;;;0;100");
  }
  add("samples", agent["samples"].number(), "c;;;0;");
  add("ticks_missed", agent["ticks_missed"].number(), "c;;;0;");
}

std::string plugin_line(const AgentLines& lines, ExitCode& worst) {
  const ModelLines* told = nullptr;
  worst = kPluginOk;
  for (const ModelLines& model : lines.models) {
    const ExitCode state = plugin_state(model.model);
    if (told == nullptr || state > worst) told = &model;
    if (state > worst) worst = state;
  }
  constexpr std::array<std::string_view, 3> kWords = {"OK", "WARNING", "CRITICAL"};
  std::string text = "EPSILON " + std::string(kWords[static_cast<std::size_t>(worst)]);
  if (told == nullptr) return text;
  const RawJson& model = told->model;
  text += " - [model " + model["model"].text() + "] " + state_text(model) + ", surprise " +
          decimal_text(model["surprise"].number(), 2);
  if (worst != kPluginOk)
    for (const RawJson& feature : told->features) {
      text += ", " + feature["description"].text() + ' ' + value_text(feature) + " (usual " + usual_text(feature) + ')';
    }
  // What stands behind a bar would be read as numbers.
  for (char& c : text)
    if (c == '|') c = '/';
  put_performance(lines.agent, lines.models, text);
  return text;
}

}  // namespace

ExitCode run_status(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"status", status_help(), kStatusSpecs}, words, console, arguments, code)) return code;
  const LinkOptions options = link_options(arguments);
  AgentReply reply;
  ask_agent(options.socket, "status", reply);
  if (reply.code != kExitFine) {
    say_problem(reply, console);
    return reply.code == kExitUnavailable && !reply.reached ? kExitNotRunning : reply.code;
  }
  const AgentLines lines = sort_lines(reply.lines);
  console.out.write(options.json ? for_machines(lines) : for_people(lines));
  Voice voice(console);
  return flush_standard_output(console, voice);
}

ExitCode run_check(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"check", check_help(), kCheckSpecs}, words, console, arguments, code))
    return code == kExitUsage ? kPluginUnknown : code;
  const LinkOptions options = link_options(arguments);
  AgentReply reply;
  ask_agent(options.socket, "status", reply);
  ExitCode worst = kPluginUnknown;
  std::string line = "EPSILON UNKNOWN - " + reply.problem;
  if (reply.code == kExitFine) line = plugin_line(sort_lines(reply.lines), worst);
  console.out.write(line + "\n");
  return console.out.flush() ? worst : kPluginUnknown;
}

}  // namespace epsilond::agent
