#include "agent/control/plot_command.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "agent/control/agent_view.h"
#include "agent/control/output.h"
#include "agent/pipeline/explanation.h"
#include "platform/host/linux_clock.h"
#include "platform/host/terminal.h"

namespace epsilond::agent {
namespace {

constexpr std::array kSpecs = {kHelpOption, kSocketOption, OptionSpec{"rows"}, OptionSpec{"width"},
                               OptionSpec{"height"}};
constexpr std::string_view kSurprise = ".surprise";
constexpr std::size_t kDefaultHeight = 20;
constexpr std::size_t kLargestSize = 1000;

// False, and said, if the option is there and no whole number from `least`.
bool take_number(const Arguments& arguments, std::string_view name, std::size_t least, std::size_t most, Voice& voice,
                 std::size_t& value) {
  const auto text = arguments.value(name);
  if (!text) return true;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool fine = error == std::errc() && end == text->data() + text->size() && number >= least && number <= most;
  if (fine)
    value = number;
  else
    voice.say("", "option '--%s': '%.40s'; allowed: %zu .. %zu", std::string(name).c_str(), std::string(*text).c_str(),
              least, most);
  return fine;
}

// What is to be drawn.
struct Subject {
  std::string name;   // of the column of the history
  std::string title;  // "memory used 7.9 GB, usual 2.2 ± 0.2 GB"
  std::string unit;
  Band band{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  bool known = false;
};

Subject feature_subject(const RawJson& feature) {
  Subject subject;
  subject.name = feature["name"].text();
  subject.unit = feature["unit"].text();
  subject.title = feature["description"].text() + ' ' + value_text(feature) + ", usual now " + usual_text(feature);
  subject.band = band_of(feature);
  subject.known = true;
  return subject;
}

Subject surprise_subject(const RawJson& model) {
  Subject subject;
  subject.name = model["model"].text() + std::string(kSurprise);
  subject.title = "surprise of [model " + model["model"].text() + "] " + decimal_text(model["surprise"].number(), 2);
  if (model["threshold_form"].text() == "budget") {
    // A band whose odd values are those above the threshold: see is_odd().
    subject.band = {0.0, model["threshold"].number() / 1.5};
    subject.title += ", threshold " + decimal_text(model["threshold"].number(), 2);
  }
  subject.unit = "1";
  subject.known = true;
  return subject;
}

// `name` empty: the feature that is strangest now.
Subject find_subject(const AgentLines& lines, const std::string& name) {
  for (const ModelLines& model : lines.models) {
    if (name == model.model["model"].text() + std::string(kSurprise)) return surprise_subject(model.model);
    std::vector<RawJson> features = model.features;
    rank(features);
    for (const RawJson& feature : features)
      if (name.empty() ? std::isfinite(feature["value"].number()) : feature["name"].text() == name)
        return feature_subject(feature);
  }
  Subject subject;  // one that no model uses is in the history all the same
  subject.name = subject.title = name;
  return subject;
}

std::string draw(const Subject& subject, const HistoryTable& history, std::size_t columns, std::size_t rows,
                 const TextStyle& style) {
  std::vector<ChartPoint> points;
  const std::span<const double> values = history.column(subject.name);
  for (std::size_t i = 0; i < values.size(); ++i) points.push_back({history.times_s[i], values[i]});
  Chart chart;
  chart.points = points;
  chart.unit = subject.unit;
  chart.low = subject.band.low;
  chart.high = subject.band.high;
  chart.columns = columns;
  chart.rows = rows - 1;
  double length_s = 0.0;
  if (!points.empty()) {
    length_s = points.back().time_s - points.front().time_s;
    const platform::LinuxClock clock;
    chart.utc_offset = clock.utc_offset(std::chrono::seconds(static_cast<std::int64_t>(points.back().time_s)));
  }
  std::string title = subject.title + "; the last ";
  title += format_duration(length_s).view();
  return first_characters(in_style(title, style), columns) + '\n' + draw_chart(chart, style);
}

}  // namespace

ExitCode run_plot(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"plot", plot_help(), kSpecs, 1}, words, console, arguments, code)) return code;
  Voice voice(console);
  const platform::TerminalSize terminal = platform::terminal_size(STDOUT_FILENO);
  std::size_t columns = terminal.columns;
  std::size_t rows = console.out_is_terminal ? std::max(terminal.rows - 1, kLeastRows + 1) : kDefaultHeight;
  std::size_t samples = 0;
  if (!take_number(arguments, "width", kLeastColumns, kLargestSize, voice, columns) ||
      !take_number(arguments, "height", kLeastRows + 1, kLargestSize, voice, rows) ||
      !take_number(arguments, "rows", 2, 2000000, voice, samples))
    return kExitUsage;
  const std::string socket = link_options(arguments).socket;
  AgentReply features;
  ask_agent(socket, "features", features);
  if (features.code != kExitFine) return say_problem(features, console);
  const std::string name(arguments.operands().empty() ? std::string_view() : arguments.operands().front());
  const Subject subject = find_subject(sort_lines(features.lines), name);
  AgentReply history;
  const std::string count = samples > 0 ? std::to_string(samples) + ' ' : std::string();
  ask_agent(socket, "history " + count + subject.name, history);
  if (history.code != kExitFine) return say_problem(history, console);
  const TextStyle style = style_of(console.out_is_terminal);
  console.out.write(draw(subject, read_history(history.lines), columns, rows, style));
  return flush_standard_output(console, voice);
}

}  // namespace epsilond::agent
