#include "agent/control/history_run.h"

#include <algorithm>
#include <cstdio>

#include "platform/fixed_string.h"

namespace epsilond::agent {
namespace {

constexpr std::uint64_t kRowsForTheStep = 1000;

std::string list_of(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

}  // namespace

ExitCode load_agent_config(const std::string& path, Voice& voice, LoadedConfig& loaded) {
  LoadResult result = load_config(path);
  for (const std::string& message : result.messages) voice.say("", "%s", message.c_str());
  if (result) loaded = std::move(result.loaded);
  return static_cast<ExitCode>(exit_code_of(result.status));
}

ExitCode open_history(const HistoryOptions& options, Voice& voice, std::unique_ptr<RowPass>& rows, FoundClock& clock) {
  if (const ExitCode code = RowPass::open(options.files, options.table, voice, rows); code != kExitFine) return code;
  TableClock census;
  if (!rows->for_each_row("looking at the clock", kRowsForTheStep, [&](const TableRow& row) { census.add(row); }))
    return exit_code_of(rows->rows().error().code);
  const std::string& time_name = rows->rows().plan().time_name;
  clock = {census.step_s(time_name), census.is_calendar(time_name)};
  return kExitFine;
}

ExitCode check_mapped_columns(const HistoryOptions& options, const RowPass& rows, Voice& voice) {
  const std::vector<std::string>& names = rows.rows().plan().feature_names;
  for (const NameMapping& mapping : options.mappings) {
    if (std::find(names.begin(), names.end(), mapping.column) != names.end()) continue;
    voice.say(rows.name(), "--map: there is no column '%.60s' of numbers", mapping.column.c_str());
    return kExitUsage;
  }
  return kExitFine;
}

void say_columns(const FeatureColumns& columns, const RowPass& rows, Voice& voice) {
  for (const AppliedMapping& applied : columns.applied()) {
    std::string as(applied.feature);
    if (applied.factor != 1.0) {
      char factor[32];
      std::snprintf(factor, sizeof factor, " times %.6g", applied.factor);
      as += factor;
    }
    if (!applied.note.empty()) as += " (" + std::string(applied.note) + ")";
    voice.say(rows.name(), "column '%s' is taken as %s", std::string(platform::utf8_prefix(applied.column, 60)).c_str(),
              as.c_str());
  }
  if (!columns.left_out().empty())
    voice.say(rows.name(), "columns that are no feature of the agent are left out: %s",
              list_of(columns.left_out()).c_str());
}

void say_oddities(const FeatureColumns& columns, const RowClock& clock, const RowPass& rows, Voice& voice) {
  if (clock.rows_not_later() > 0)
    voice.say(rows.name(), "%llu rows are not later than the row before: each is taken as %g s later",
              static_cast<unsigned long long>(clock.rows_not_later()), clock.interval_s());
  if (columns.negative_values() > 0)
    voice.say(rows.name(), "%llu values below 0 of features that cannot be are taken as absent",
              static_cast<unsigned long long>(columns.negative_values()));
}

}  // namespace epsilond::agent
