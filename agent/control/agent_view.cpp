#include "agent/control/agent_view.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace epsilond::agent {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

double cell_value(std::string_view cell) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end == cell.data() + cell.size() ? value : kAbsent;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find(',', at), line.size());
    cells.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return cells;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string text(value);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
    return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

Band band_of(const RawJson& feature) {
  const double mean = feature["mean"].number();
  const double sd = feature["sd"].number();
  if (!std::isfinite(mean) || !std::isfinite(sd)) return {kAbsent, kAbsent};
  return {std::fmax(0.0, mean - kBandSds * sd), mean + kBandSds * sd};
}

std::span<const double> HistoryTable::column(std::string_view name) const {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return columns[i];
  return {};
}

HistoryTable read_history(std::span<const std::string_view> lines) {
  HistoryTable table;
  if (lines.empty()) return table;
  const std::vector<std::string_view> header = cells_of(lines.front());
  for (std::size_t i = 1; i < header.size(); ++i) table.names.emplace_back(header[i]);
  table.columns.resize(table.names.size());
  for (const std::string_view line : lines.subspan(1)) {
    const std::vector<std::string_view> cells = cells_of(line);
    if (cells.size() != header.size()) continue;
    table.times_s.push_back(cell_value(cells.front()));
    for (std::size_t i = 1; i < cells.size(); ++i) table.columns[i - 1].push_back(cell_value(cells[i]));
  }
  return table;
}

std::string in_style(std::string text, const TextStyle& style) {
  constexpr std::string_view kPlusMinus = "\u00b1";
  if (style.utf8) return text;
  for (std::size_t at = 0; (at = text.find(kPlusMinus, at)) != std::string::npos;)
    text.replace(at, kPlusMinus.size(), "+-");
  return text;
}

TextStyle style_of(bool is_terminal) {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return {.colour = is_terminal && !dumb && (no_colour == nullptr || *no_colour == '\0'), .utf8 = locale_is_utf8()};
}

}  // namespace epsilond::agent
