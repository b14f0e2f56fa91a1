// One frame of `epsilonctl fleet`.

#include <algorithm>

#include "agent/control/agent_link.h"
#include "agent/fleet/fleet_text.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kReverse = "\033[7m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::size_t kLeastRowsOfHosts = 3;
constexpr std::size_t kMostNewsLines = 4;

std::string styled(const std::string& text, std::string_view how, const TextStyle& style) {
  return style.colour ? std::string(how) + text + std::string(kPlain) : text;
}

std::string title(const FleetScreen& about, std::size_t columns) {
  const std::string left = "epsilonctl fleet, " + std::string(about.address);
  const std::string right = time_text(about.wall).substr(11, 8) + " UTC";
  return first_characters(padded(left, columns > right.size() ? columns - right.size() : 0) + right, columns);
}

std::string key_line(const FleetChoice& choice, std::size_t hidden, std::size_t columns) {
  std::string line = "q quit  s sort: ";
  line += choice.order == HostOrder::kOddest ? "oddest" : choice.order == HostOrder::kName ? "name" : "age";
  line += "  arrows scroll  space ";
  line += choice.paused ? "go on" : "pause";
  if (hidden > 0) line += "   " + std::to_string(hidden) + " more hosts";
  return first_characters(line, columns);
}

}  // namespace

std::string draw_fleet(FleetView& view, const FleetFates& fates, const FleetScreen& about, const FleetChoice& choice,
                       std::size_t columns, std::size_t rows, const TextStyle& style) {
  const std::size_t width = std::max(columns, kLeastColumns) - 1;
  const FleetFacts& facts = view.facts();
  std::vector<std::string> lines;
  lines.push_back(styled(title(about, width), kBold, style));
  for (const std::string& line : cluster_lines(facts, fates)) lines.push_back(first_characters(line, width));
  const bool odd = facts.flagged > 0 || facts.odd != nullptr || facts.fleet_is_odd;
  if (odd) lines[1] = styled(lines[1], kRed, style);
  lines.push_back(styled(padded(first_characters(host_table_head(width), width), width), kReverse, style));

  const std::size_t above = lines.size();
  std::size_t news_lines = std::min(about.news.size(), kMostNewsLines);
  const std::size_t needed = above + kLeastRowsOfHosts + 1;
  news_lines = std::min(news_lines, rows > needed ? rows - needed : 0);
  const std::size_t room = rows > above + news_lines + 1 ? rows - above - news_lines - 1 : 1;
  const std::span<const std::uint32_t> order = view.sorted(choice.order);
  const std::size_t from = std::min(choice.scroll, order.size() > room ? order.size() - room : 0);
  const std::size_t to = std::min(from + room, order.size());
  for (std::size_t i = from; i < to; ++i) lines.push_back(host_table_row(view.rows()[order[i]], width, style));
  lines.resize(above + room);
  for (const std::string& line : about.news.last(news_lines)) lines.push_back(first_characters(line, width));
  lines.push_back(key_line(choice, order.size() - (to - from), width));
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

}  // namespace epsilond::agent
