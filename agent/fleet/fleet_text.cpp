#include "agent/fleet/fleet_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "agent/control/agent_link.h"
#include "agent/control/agent_text.h"
#include "agent/pipeline/explanation.h"
#include "platform/emit/escape.h"
#include "platform/emit/flag_format.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kPlain = "\033[0m";

std::string count_text(std::uint64_t count) { return std::to_string(count); }

// Harmless on a terminal.
std::string clean(std::string_view text) {
  std::array<char, 256> buffer{};
  platform::TextWriter writer(buffer);
  platform::put_escaped(writer, text, platform::Escape::kMessage);
  return std::string(writer.view());
}

std::string percent_text(double share) {
  const double percent = 100.0 * share;
  return decimal_text(percent, percent > 0.0 && percent < 10.0 ? 1 : 0) + " %";
}

// "5 s", "12 min", "3 h", "4 d".
std::string age_text(double seconds) {
  if (seconds < 120.0) return decimal_text(std::floor(std::max(seconds, 0.0)), 0) + " s";
  if (seconds < 7200.0) return decimal_text(std::floor(seconds / 60.0), 0) + " min";
  if (seconds < 172800.0) return decimal_text(std::floor(seconds / 3600.0), 0) + " h";
  return decimal_text(std::floor(seconds / 86400.0), 0) + " d";
}

std::string state_cell(const HostRow& row) {
  const FleetHost& host = row.host;
  if (host.state == HostState::kLearning)
    return "learning " + decimal_text(std::floor(100.0 * host.learning_ratio), 0) + " %";
  if (host.state == HostState::kNormal && row.peer_z > kOddPeerZ) return "odd";
  return state_name(host.state);
}

struct Widths {
  std::size_t host;
  std::size_t feature;
  bool wide;  // there is room for z and role
};
constexpr std::size_t kNarrow = 1 + 13 + 9 + 10 + 2 + 7;
constexpr std::size_t kRoleColumns = 13;
constexpr std::size_t kWide = kNarrow + 8 + kRoleColumns;

Widths widths_of(std::size_t columns) {
  const bool wide = columns >= 100;
  const std::size_t fixed = wide ? kWide : kNarrow;
  const std::size_t free = columns > fixed + 16 ? columns - fixed : 16;
  const std::size_t host = std::min<std::size_t>(free * 45 / 100, 40);
  return {host, std::min<std::size_t>(free - host, 40), wide};
}

std::string cell(const std::string& text, std::size_t width, bool right = false) {
  return padded(first_characters(text, width), width, right);
}

std::string surprise_text(const News& news) {
  std::string text = "surprise " + decimal_text(news.surprise, 2);
  if (std::isfinite(news.threshold)) text += " of " + decimal_text(news.threshold, 2);
  if (!news.top_feature.empty()) text += ", " + clean(news.top_feature);
  return text;
}

std::string odd_text(const FleetFacts& facts) {
  if (facts.odd != nullptr) {
    const FleetHost& host = facts.odd->host;
    std::string text = "odd one out: " + clean(host.name) + ", " + decimal_text(facts.odd->peer_z, 1);
    text += " spreads from the median";
    return host.role.empty() ? text : text + " of role " + clean(host.role);
  }
  if (facts.odd_hosts > 0) return count_text(facts.odd_hosts) + " hosts are unlike their peers, too many for one odd";
  return "no odd one out";
}

// What an operator should know of: nothing while all is well.
std::string fates_text(const FleetFates& fates) {
  const std::array<std::pair<std::uint64_t, const char*>, 12> parts = {{
      {fates.dropped, "lost here"},
      {fates.book.lost, "lost on the way"},
      {fates.book.no_room, "without room"},
      {fates.intake.malformed, "malformed"},
      {fates.intake.oversized, "oversized"},
      {fates.intake.rate_limited, "rate-limited"},
      {fates.intake.refused, "refused"},
      {fates.book.old, "old"},
      {fates.book.other_sources, "from another address"},
      {fates.book.other_models, "of other models"},
      {fates.book.other_clusters, "of other clusters"},
      {fates.intake.foreign, "foreign"},
  }};
  std::string text;
  for (const auto& [count, what] : parts) {
    if (count == 0) continue;
    text += text.empty() ? "datagrams: " : ", ";
    text += count_text(count) + ' ' + what;
  }
  return text;
}

}  // namespace

std::string time_text(std::chrono::nanoseconds wall) {
  std::array<char, 40> buffer{};
  platform::TextWriter writer(buffer);
  platform::put_utc_time(writer, wall);
  const std::string text(writer.view());
  return text.substr(0, text.find('.')) + 'Z';
}

std::vector<std::string> cluster_lines(const FleetFacts& facts, const FleetFates& fates) {
  std::vector<std::string> lines;
  std::string who = count_text(facts.hosts) + (facts.hosts == 1 ? " host: " : " hosts: ");
  who += count_text(facts.reporting) + " reporting";
  if (facts.learning > 0) who += " (" + count_text(facts.learning) + " learning)";
  who += ", " + count_text(facts.silent) + " silent";
  if (facts.stopped > 0) who += ", " + count_text(facts.stopped) + " stopped";
  who += "; " + count_text(facts.flagged) + " flagged";
  if (facts.flagged > 0) who += " (" + percent_text(facts.flagged_share) + ")";
  lines.push_back(who);
  std::string sum = "log super-epsilon: sum " + decimal_text(facts.sum, 1) + ", mean " + decimal_text(facts.mean, 2);
  sum +=
      ", z " + z_text(facts.z) + " of " + count_text(facts.z_hosts) + " hosts (median " + z_text(facts.median_z) + ")";
  if (facts.fleet_is_odd) sum += ": ALL ARE A LITTLE ODD";
  lines.push_back(sum);
  std::string odd = "max surprise " + decimal_text(facts.surprise_max, 2);
  if (facts.surprise_max_host != nullptr) odd += " on " + clean(facts.surprise_max_host->host.name);
  lines.push_back(odd + "; " + odd_text(facts));
  if (std::string text = fates_text(fates); !text.empty()) lines.push_back(std::move(text));
  return lines;
}

std::string host_table_head(std::size_t columns) {
  const Widths widths = widths_of(columns);
  std::string line = padded("host", widths.host) + ' ' + padded("state", 13) + padded("surprise", 9, true) +
                     padded("log s-eps", 10, true);
  if (widths.wide) line += padded("z", 8, true);
  line += "  " + padded("top feature", widths.feature);
  if (widths.wide) line += padded("role", kRoleColumns);
  return line + padded("age", 7, true);
}

std::string host_table_row(const HostRow& row, std::size_t columns, const TextStyle& style) {
  const Widths widths = widths_of(columns);
  const FleetHost& host = row.host;
  const std::string state = state_cell(row);
  std::string line = cell(clean(host.name), widths.host) + ' ' + cell(state, 13);
  line += cell(decimal_text(host.surprise, 2), 9, true) + cell(decimal_text(host.log_super_epsilon, 1), 10, true);
  if (widths.wide) line += cell(z_text(row.z), 8, true);
  line += "  " + cell(host.top_feature.empty() ? std::string("-") : clean(host.top_feature), widths.feature);
  if (widths.wide) line += cell(clean(host.role), kRoleColumns);
  line += cell(age_text(row.age_s), 7, true);
  line = first_characters(line, columns);
  if (!style.colour || state == "normal") return line;
  const bool odd = host.state == HostState::kAnomalous || state == "odd";
  return std::string(odd ? kRed : kYellow) + line + std::string(kPlain);
}

std::string news_line(const News& news) {
  std::string line = time_text(news.wall) + ' ' + clean(news.host) + ' ' + news_name(news.kind);
  const std::string duration(format_duration(news.duration_s).view());
  switch (news.kind) {
    case NewsKind::kRaised:
      return line + ": " + surprise_text(news);
    case NewsKind::kCleared:
    case NewsKind::kBack:
      return line + " after " + duration;
    case NewsKind::kSilent:
    case NewsKind::kForgotten:
      return line + ": nothing for " + duration;
    default:
      return line;
  }
}

}  // namespace epsilond::agent
