#pragma once
// The steps that `epsilonctl replay` and `epsilonctl learn` share. Each says what is wrong, and returns the exit code
// that tells it from success.

#include <memory>
#include <optional>

#include "agent/config/config_reader.h"
#include "agent/control/history_options.h"
#include "agent/control/row_pass.h"
#include "agent/control/voice.h"
#include "agent/exit_code.h"
#include "agent/history/feature_columns.h"
#include "agent/history/row_clock.h"
#include "agent/history/table_clock.h"

namespace epsilond::agent {

// The configuration of the agent: `path`, or where it usually is.
ExitCode load_agent_config(const std::string& path, Voice& voice, LoadedConfig& loaded);

// What the first rows say of the clock of a table.
struct FoundClock {
  std::optional<double> step_s;  // see TableClock
  bool calendar = false;
};

// Opens the files and looks at their first rows.
ExitCode open_history(const HistoryOptions& options, Voice& voice, std::unique_ptr<RowPass>& rows, FoundClock& clock);

// Every column that --map names must be there.
ExitCode check_mapped_columns(const HistoryOptions& options, const RowPass& rows, Voice& voice);
// Which columns are taken as which features, and which are left out.
void say_columns(const FeatureColumns& columns, const RowPass& rows, Voice& voice);
// What became of rows whose time went back, and of values that cannot be.
void say_oddities(const FeatureColumns& columns, const RowClock& clock, const RowPass& rows, Voice& voice);

}  // namespace epsilond::agent
