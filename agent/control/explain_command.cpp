#include "agent/control/explain_command.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "agent/control/agent_link.h"
#include "agent/control/agent_text.h"
#include "agent/control/output.h"
#include "agent/pipeline/explanation.h"

namespace epsilond::agent {
namespace {

constexpr std::array kSpecs = {kHelpOption, kJsonOption, kSocketOption, OptionSpec{"all", false}};
constexpr double kWorthShowing = 2.0;      // |z|
constexpr std::size_t kFewestShown = 5;    // without --all
constexpr double kDriftOfRounding = 0.05;  // of numbers that were printed with six digits, added up

constexpr std::string_view kLegend = R"(
surprise: 1 is once in ten samples, 2 once in a hundred, and so on; told of above the
threshold. z: standard deviations from what is usual. ln p: natural log of the
density at the value. share: of the strangeness, to which the last minutes and how
features go together count too: a small z may have one.
)";

double or_zero(double value) { return std::isfinite(value) ? value : 0.0; }

std::string row(std::string_view name, std::string_view value, std::string_view usual, std::string_view z,
                std::string_view density, std::string_view share) {
  return padded(name, 26) + padded(value, 11, true) + "  " + padded(usual, 18) + padded(z, 8, true) +
         padded(density, 8, true) + padded(share, 6, true) + '\n';
}

std::string feature_row(const RawJson& feature) {
  return row(feature["description"].text(), value_text(feature), usual_text(feature), z_text(feature["z"].number()),
             decimal_text(feature["log_density"].number(), 1), share_text(feature["share"].number()));
}

// The table of the features: what each brought to the sum, the strangest first.
void put_features(std::vector<RawJson> features, bool all, double log_super_epsilon, std::string& text) {
  rank(features);
  text += row("", "value", "usual", "z", "ln p", "share");
  double rest = 0.0;
  std::size_t rest_count = 0;
  double sum = 0.0;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const double density = or_zero(features[i]["log_density"].number());
    sum += density;
    if (all || i < kFewestShown || or_zero(features[i]["share"].number()) > 0.0 ||
        std::fabs(or_zero(features[i]["z"].number())) >= kWorthShowing) {
      text += feature_row(features[i]);
      continue;
    }
    rest += density;
    ++rest_count;
  }
  if (rest_count > 0) text += row(std::to_string(rest_count) + " others", "", "", "", decimal_text(rest, 1), "");
  // Only of a product of independent densities is the log of the joint one their sum.
  if (std::fabs(sum - log_super_epsilon) <= kDriftOfRounding + 1e-5 * std::fabs(sum))
    text += row("log super-epsilon: their sum", "", "", "", decimal_text(sum, 1), "");
}

// What a process took more of, in words, and the unit of format_quantity() that it is in; docs/flag-format.md has them.
struct Growth {
  std::string_view what;
  std::string_view words;
  std::string_view unit;
};
constexpr std::array kGrowths = {
    Growth{"rss_bytes", "resident memory", "bytes"},
    Growth{"cpu_seconds", "processor time", "s"},
    Growth{"read_bytes", "read from storage", "bytes"},
    Growth{"write_bytes", "written to storage", "bytes"},
    Growth{"threads", "threads", "1"},
    Growth{"descriptors", "open files and sockets", "1"},
    Growth{"children", "child processes", "1"},
    Growth{"zombies", "ended children that it does not wait for (zombies)", "1"},
};

std::string growth_text(const RawJson& process) {
  const std::string what = process["what"].text();
  const double delta = or_zero(process["delta"].number());
  if (what == "blocked") return "waits for a device, and cannot be interrupted (state D)";
  for (const Growth& growth : kGrowths)
    if (what == growth.what) {
      const std::string amount =
          growth.unit == "s" ? decimal_text(delta, 1) + " s" : std::string(format_quantity(delta, growth.unit).view());
      return std::string(growth.words) + (delta >= 0.0 ? " +" : " ") + amount;
    }
  return what + ' ' + decimal_text(delta, 1);
}

// "  postgres[4411] of uid 113, in postgresql.service: resident memory +5.6 GB"
void put_processes(const RawJson& event, std::string& text) {
  const std::vector<RawJson> processes = event["processes"].elements();
  if (processes.empty()) return;
  text += "\nProcesses that grew most when it began, within 4 to 8 s:\n";
  for (const RawJson& process : processes) {
    text += "  " + process["comm"].text() + '[' + decimal_text(process["pid"].number(), 0) + "] of uid " +
            decimal_text(process["uid"].number(), 0);
    const std::string unit = process["unit"].text();
    const bool of_systemd = unit.ends_with(".service") || unit.ends_with(".scope");
    if (!unit.empty()) text += (of_systemd ? ", in " : ", in control group ") + unit;
    text += ": " + growth_text(process) + '\n';
  }
}

}  // namespace

std::string episode_for_people(const AgentReply& reply, bool all) {
  const RawJson event(reply.lines.empty() ? std::string_view() : reply.lines.front());
  std::string kind = event["event"].text();
  const bool over = kind == "cleared" || kind == "learned";
  for (char& c : kind) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  std::string text = kind + ' ' + event["id"].text() + " [model " + event["model"].text() + "] on " +
                     event["host"].text() + ", " + event["time"].text() + (over ? ", lasted " : ", still open");
  const double duration_s = or_zero(event["duration_s"].number());
  if (!over && duration_s >= 1.0) text += ", by then for ";
  if (over || duration_s >= 1.0) text += format_duration(duration_s).view();
  text += "\n" + event["text"].text() + "\n\n";
  text += "At its strangest: surprise " + decimal_text(event["surprise"].number(), 2) + ", threshold " +
          decimal_text(event["threshold"].number(), 2) + ", log super-epsilon " +
          decimal_text(event["log_super_epsilon"].number(), 1) + '\n';
  std::vector<RawJson> features;
  for (std::size_t i = 1; i < reply.lines.size(); ++i) features.emplace_back(reply.lines[i]);
  put_features(std::move(features), all, event["log_super_epsilon"].number(), text);
  put_processes(event, text);
  return text + std::string(kLegend);
}

namespace {

std::string moment_for_people(const AgentReply& reply, bool all) {
  std::string text;
  for (const ModelLines& lines : sort_lines(reply.lines).models) {
    const RawJson& model = lines.model;
    if (!text.empty()) text += '\n';
    text += "[model " + model["model"].text() + "] " + state_text(model) + ": surprise " +
            decimal_text(model["surprise"].number(), 2) + ", threshold " +
            decimal_text(model["threshold"].number(), 2) + ", log super-epsilon " +
            decimal_text(model["log_super_epsilon"].number(), 1) + '\n';
    put_features(lines.features, all, model["log_super_epsilon"].number(), text);
  }
  return text + std::string(kLegend);
}

std::string for_machines(const AgentReply& reply, bool present_moment) {
  std::string text = present_moment ? "{\"models\":[" : "";
  if (present_moment) {
    for (const ModelLines& lines : sort_lines(reply.lines).models) {
      if (!text.ends_with('[')) text += ',';
      text += with_member(lines.model, "features", lines.features);
    }
    return text + "]}\n";
  }
  std::vector<RawJson> features;
  for (std::size_t i = 1; i < reply.lines.size(); ++i) features.emplace_back(reply.lines[i]);
  const RawJson event(reply.lines.empty() ? std::string_view("{}") : reply.lines.front());
  return with_member(event, "arithmetic", features) + "\n";
}

}  // namespace

ExitCode run_explain(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"explain", explain_help(), kSpecs, 1}, words, console, arguments, code)) return code;
  const LinkOptions options = link_options(arguments);
  const std::string id(arguments.operands().empty() ? std::string_view() : arguments.operands().front());
  AgentReply reply;
  ask_agent(options.socket, id.empty() ? "explain" : "explain " + id, reply);
  if (reply.code != kExitFine) return say_problem(reply, console);
  const bool present_moment = id == "now";
  if (options.json)
    console.out.write(for_machines(reply, present_moment));
  else
    console.out.write(present_moment ? moment_for_people(reply, arguments.has("all"))
                                     : episode_for_people(reply, arguments.has("all")));
  Voice voice(console);
  return flush_standard_output(console, voice);
}

}  // namespace epsilond::agent
