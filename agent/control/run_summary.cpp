#include "agent/control/run_summary.h"

#include <cstdio>

#include "agent/control/run_name.h"
#include "agent/history/json_line.h"
#include "agent/pipeline/explanation.h"

namespace epsilond::agent {
namespace {

using platform::CommandEnd;
using platform::TreeUsage;
using platform::UsageField;

double value_or_zero(const TreeUsage& usage, UsageField field) { return usage.has(field) ? usage.value(field) : 0.0; }

std::string quantity(double value, std::string_view unit) { return std::string(format_quantity(value, unit).view()); }

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", seconds);
  return text;
}

std::string counted(std::uint64_t count, const char* one, const char* several) {
  return std::to_string(count) + " " + (count == 1 ? one : several);
}

std::string memory_text(const RunTotals& totals) {
  if (!(totals.peak_rss_bytes > 0.0)) return "memory not known";  // it ended before the first look
  std::string text = "memory at most " + quantity(totals.peak_rss_bytes, "bytes");
  if (totals.peak_process_rss_bytes > 0.0)
    text += " (" + quantity(totals.peak_process_rss_bytes, "bytes") + " in one process)";
  return text;
}

std::string io_text(const TreeUsage& usage) {
  if (!usage.has(UsageField::kReadBytes) || !usage.has(UsageField::kWriteBytes)) return {};
  return ", disk " + quantity(usage.value(UsageField::kReadBytes), "bytes") + " read and " +
         quantity(usage.value(UsageField::kWriteBytes), "bytes") + " written";
}

}  // namespace

std::string run_summary_text(std::string_view command, const CommandEnd& end, const RunTotals& totals) {
  const double user_s = value_or_zero(totals.usage, UsageField::kUserSeconds);
  const double system_s = value_or_zero(totals.usage, UsageField::kSystemSeconds);
  std::string text(last_part_of(command));
  text += " ended with " + std::to_string(end.status);
  if (end.signal != 0) text += " (signal " + std::to_string(end.signal) + ")";
  text += " after " + seconds_text(totals.wall_s) + ": " + memory_text(totals) + ", CPU " +
          seconds_text(user_s + system_s) + " (user " + seconds_text(user_s) + ", system " + seconds_text(system_s) +
          ")" + io_text(totals.usage) + ", " + counted(totals.samples, "sample", "samples") + ", " +
          counted(totals.episodes, "episode", "episodes");
  if (totals.processes_left > 0)
    text += ", " + counted(totals.processes_left, "process of it goes on", "processes of it go on");
  return text;
}

std::string run_summary_json(std::string_view command, const CommandEnd& end, const RunTotals& totals) {
  struct Counter {
    const char* name;
    UsageField field;
  };
  constexpr Counter kCounters[] = {{"user_s", UsageField::kUserSeconds},         {"system_s", UsageField::kSystemSeconds},
                                   {"read_bytes", UsageField::kReadBytes},       {"write_bytes", UsageField::kWriteBytes},
                                   {"read_chars", UsageField::kReadChars},       {"write_chars", UsageField::kWriteChars}};
  std::string line = "{";
  JsonLine json(line);
  json.count("v", 1);
  json.string("event", "summary");
  json.string("command", last_part_of(command));
  json.count("exit", static_cast<std::uint64_t>(end.status));
  if (end.signal != 0) json.count("signal", static_cast<std::uint64_t>(end.signal));
  json.number("seconds", totals.wall_s);
  json.count("samples", totals.samples);
  json.count("episodes", totals.episodes);
  if (totals.peak_rss_bytes > 0.0) json.exact("peak_rss_bytes", totals.peak_rss_bytes);
  if (totals.peak_process_rss_bytes > 0.0) json.exact("peak_process_rss_bytes", totals.peak_process_rss_bytes);
  for (const Counter& counter : kCounters)
    if (totals.usage.has(counter.field)) json.exact(counter.name, totals.usage.value(counter.field));
  json.count("processes_at_most", totals.processes_at_most);
  json.count("processes_left", totals.processes_left);
  json.text("}\n");
  return line;
}

}  // namespace epsilond::agent
