#include "agent/history/replay_output.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "agent/history/json_line.h"
#include "agent/pipeline/explanation.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/line_output.h"

namespace epsilond::agent {
namespace {

std::vector<std::string> names_of(std::span<const Feature> table) {
  std::vector<std::string> names;
  for (const Feature& feature : table) names.emplace_back(feature.name);
  return names;
}

void put_instant(JsonLine& json, std::string_view key, double time_s, bool calendar) {
  if (calendar && std::fabs(time_s) < kLastClockSecond)
    json.string(key, rfc3339(time_s));
  else
    json.number(key, time_s);
}

}  // namespace

platform::Result<void> write_event_line(platform::OutputFile& out, const platform::Flag& flag) {
  std::array<char, platform::kMaxOutputLine> line;
  const platform::Result<std::size_t> size = platform::render_flag_json(flag, std::span(line).first(line.size() - 1));
  if (!size) return size.error();
  line[*size] = '\n';
  out.write({line.data(), *size + 1});
  return {};
}

void EventLines::on_event(const platform::Flag& flag) {
  static_cast<void>(write_event_line(out_, flag));  // any flag fits: see kMinJsonDatagram
}

ReplayScores::ReplayScores(platform::OutputFile& out, std::span<const Feature> table, std::size_t model)
    : table_(out, names_of(table)), model_(model) {}

void ReplayScores::on_row(const TableRow& row, std::span<const std::unique_ptr<Watcher>> watchers) {
  const Watcher& watcher = *watchers[model_];
  const Snapshot& latest = watcher.latest();
  const ModelView view = watcher.view();
  const std::optional<std::size_t> leading = leading_column(latest, view);
  RowScore score;
  score.judged = leading.has_value();
  score.native = latest.score.log_density;
  score.surprise = latest.score.surprise;
  score.flagged = watcher.anomalous();
  std::optional<std::size_t> top;
  if (leading) top = view.columns[*leading];
  table_.add(row, score, top);
}

void write_replay_summary(platform::OutputFile& out, const ReplaySummary& summary, const Replayer& replayer) {
  const std::span<const std::unique_ptr<Watcher>> watchers = replayer.pipeline().watchers();
  const std::span<const ReplayTally> tallies = replayer.tallies();
  std::uint64_t episodes = 0;
  for (const ReplayTally& tally : tallies) episodes += tally.episodes;
  const auto open = std::count_if(watchers.begin(), watchers.end(), [](const auto& w) { return w->episode().open(); });
  std::string line = "{";
  JsonLine json(line);
  json.count("v", 1);
  json.string("event", "summary");
  json.string("file", summary.file);
  json.count("rows", summary.rows);
  json.count("malformed", summary.malformed);
  json.count("features", replayer.columns().table().size());
  json.number("interval_s", replayer.clock().interval_s());
  put_instant(json, "from", replayer.from_s(), summary.calendar);
  put_instant(json, "to", replayer.to_s(), summary.calendar);
  json.count("episodes", episodes);
  json.count("open", static_cast<std::uint64_t>(open));
  json.key("models");
  json.text("[");
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    json.text(i == 0 ? "{" : ",{");
    json.string("name", tallies[i].model);
    json.count("episodes", tallies[i].episodes);
    json.count("open", watchers[i]->episode().open() ? 1 : 0);
    json.count("flagged_rows", tallies[i].flagged_rows);
    json.text("}");
  }
  json.text("]");
  json.number("seconds", summary.seconds);
  json.number("rows_per_s", std::round(static_cast<double>(summary.rows) / std::fmax(summary.seconds, 1e-9)));
  json.text("}\n");
  out.write(line);
}

}  // namespace epsilond::agent
