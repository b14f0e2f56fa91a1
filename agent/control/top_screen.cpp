// One frame of `epsilonctl top`.

#include <algorithm>
#include <cmath>

#include "agent/control/top_command.h"
#include "agent/pipeline/explanation.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kGreen = "\033[32m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kReverse = "\033[7m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::size_t kMostNewsLines = 3;
constexpr std::size_t kNameColumns = 25;
constexpr std::size_t kNumberColumns = kNameColumns + 10 + 2 + 16 + 7 + 6 + 2;  // all before the sparkline

std::string coloured(const std::string& text, std::string_view colour, const TextStyle& style) {
  return style.colour ? std::string(colour) + text + std::string(kPlain) : text;
}

std::string_view colour_of(const std::string& state) {
  if (state == "anomalous") return kRed;
  return state == "normal" ? kGreen : kYellow;
}

std::string or_dash(double seconds) {
  return std::isfinite(seconds) ? std::string(format_duration(seconds).view()) : std::string("-");
}

// Text at the left and text at the right of a line.
std::string both_ends(const std::string& left, const std::string& right, std::size_t columns) {
  return padded(left, columns > right.size() ? columns - right.size() : 0) + right;
}

std::string head_line(const RawJson& agent, std::size_t columns, const TextStyle& style) {
  const std::string state = agent["state"].text();
  const std::string clock = agent["time"].text();
  const std::string left = "epsilond " + agent["version"].text() + " on " + agent["host"].text() + ": ";
  const std::string right =
      "up " + or_dash(agent["uptime_s"].number()) + "  " + (clock.size() > 19 ? clock.substr(11, 8) + " UTC" : clock);
  const std::string line = first_characters(both_ends(left + state, right, columns), columns);
  const std::size_t at = line.find(state, left.size());
  if (!style.colour || at == std::string::npos) return line;
  return std::string(kBold) + line.substr(0, at) + std::string(colour_of(state)) + state + std::string(kPlain) +
         line.substr(at + state.size());
}

// What is the matter: why nothing is sent, or what is odd and since when; else nothing.
std::string news(const TopView& view) {
  const RawJson& agent = view.agent;
  const RawJson& model = view.model.model;
  if (!view.trouble.empty()) return view.trouble;
  std::string text;
  if (agent["mute_until"].present())
    text = "muted for another " + or_dash(agent["mute_left_s"].number()) + ": " + agent["mute_reason"].text();
  else if (agent["mute_window"].is_true())
    text = "muted until " + agent["mute_window_until"].text() + " by [mute " + agent["mute_window_name"].text() + "]";
  if (model["id"].present()) {
    if (!text.empty()) text += "; ";
    text += "episode for " + or_dash(model["duration_s"].number()) + ": ";
    text += view.episode.empty() ? model["id"].text() : view.episode;
  }
  return text;
}

// `text` in lines of at most `width` characters, broken at blanks where there are any; at most kMostNewsLines, the last
// one cut.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() + 1 < kMostNewsLines) {
    const std::string line = first_characters(text, width);
    std::size_t end = line.size();
    if (end < text.size() && text[end] != ' ') {
      const std::size_t blank = line.rfind(' ');
      if (blank != std::string::npos && blank > 0) end = blank;
    }
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  const std::string last = first_characters(text, width);
  if (last.size() < text.size())
    lines.push_back(first_characters(text, width - 3) + "...");
  else if (!text.empty() || lines.empty())
    lines.push_back(last);
  return lines;
}

std::string score_line(const RawJson& model, std::size_t model_count) {
  std::string line = "[model " + model["model"].text() + "] " + state_text(model);
  line += "   surprise " + decimal_text(model["surprise"].number(), 2) + " of " +
          decimal_text(model["threshold"].number(), 2) + "   log super-epsilon " +
          decimal_text(model["log_super_epsilon"].number(), 1);
  if (model_count > 1) line += "   (" + std::to_string(model_count) + " models: m)";
  return line;
}

std::string surprise_line(const RawJson& model, const HistoryTable& history, std::size_t columns,
                          const TextStyle& style) {
  const std::string name = "surprise ";
  const double nothing = std::nan("");
  const bool by_surprise = model["threshold_form"].text() == "budget";
  // A band whose odd values are those above the threshold: see is_odd().
  const double high = by_surprise ? model["threshold"].number() / 1.5 : nothing;
  return name + draw_sparkline(history.column(model["model"].text() + ".surprise"), by_surprise ? 0.0 : nothing, high,
                               columns - name.size(), style);
}

std::string feature_line(const RawJson& feature, const HistoryTable& history, std::size_t columns,
                         const TextStyle& style) {
  const double z = feature["z"].number();
  const double share = feature["share"].number();
  std::string line = padded(first_characters(feature["description"].text(), kNameColumns), kNameColumns) +
                     padded(value_text(feature), 10, true) + "  " + padded(in_style(usual_text(feature), style), 16) +
                     padded(z_text(z), 7, true) + padded(share_text(share), 6, true);
  const bool odd = std::fabs(z) > 2.0 * kBandSds || share > 0.0;
  line = first_characters(line + (odd ? "! " : "  "), columns);
  if (odd) line = coloured(line, kRed, style);
  if (columns <= kNumberColumns + 4) return line;
  const Band band = band_of(feature);
  return line +
         draw_sparkline(history.column(feature["name"].text()), band.low, band.high, columns - kNumberColumns, style);
}

// "5 min": of a past that is a round number, or soon will be.
std::string round_duration(double seconds) {
  if (seconds < 120.0) return decimal_text(seconds, 0) + " s";
  return seconds < 7200.0 ? decimal_text(seconds / 60.0, 0) + " min" : decimal_text(seconds / 3600.0, 0) + " h";
}

std::string table_head(std::size_t columns, const HistoryTable& history, const TextStyle& style) {
  const double length_s = history.times_s.empty() ? 0.0 : history.times_s.back() - history.times_s.front();
  std::string line = padded("feature", kNameColumns) + padded("value", 10, true) + "  " + padded("usual", 16) +
                     padded("z", 7, true) + padded("share", 6, true) + "  past " + round_duration(length_s);
  return coloured(padded(first_characters(line, columns), columns), kReverse, style);
}

std::string key_line(const TopChoice& choice, std::size_t columns) {
  std::string line = "! odd  q quit  s sort: ";
  line += choice.by_strangeness ? "strangest" : "table";
  line += "  m model  + - time  arrows scroll  space ";
  line += choice.paused ? "go on" : "pause";
  return first_characters(line, columns);
}

}  // namespace

std::string draw_top(const TopView& view, const TopChoice& choice, std::size_t columns, std::size_t rows,
                     const TextStyle& style) {
  const std::size_t width = std::max(columns, kLeastColumns) - 1;
  const HistoryTable& history = view.history;
  std::string text = head_line(view.agent, width, style) + '\n';
  text += first_characters(score_line(view.model.model, view.model_count), width) + '\n';
  text += surprise_line(view.model.model, history, width, style) + '\n';
  const std::vector<std::string> news_lines = wrapped(in_style(news(view), style), width);
  for (const std::string& line : news_lines) text += coloured(line, kBold, style) + '\n';
  text += table_head(width, history, style) + '\n';
  std::vector<RawJson> features = view.model.features;
  if (choice.by_strangeness) rank(features);
  const std::size_t other_lines = 5 + news_lines.size();
  const std::size_t room = rows > other_lines ? rows - other_lines : 1;
  const std::size_t from = std::min(choice.scroll, features.size() > room ? features.size() - room : 0);
  for (std::size_t i = 0; i < room; ++i) {
    if (from + i < features.size()) text += feature_line(features[from + i], history, width, style);
    text += '\n';
  }
  return text + key_line(choice, width) + '\n';
}

}  // namespace epsilond::agent
