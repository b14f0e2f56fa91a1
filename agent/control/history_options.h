#pragma once
// The command lines of `epsilonctl replay` and `epsilonctl learn`, as checked values.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/history/feature_names.h"
#include "agent/history/row_source.h"
#include "platform/result.h"

namespace epsilond::agent {

// What both go by.
struct HistoryOptions {
  bool help = false;
  std::vector<std::string> files;  // one stream in this order; "-" is standard input, at most once
  std::string config_path;         // empty: the agent's own, if it is there
  TableOptions table;
  std::vector<NameMapping> mappings;
};

struct ReplayOptions {
  HistoryOptions history;
  std::string scores_file;                      // empty: none
  std::string report_file;                      // empty: none
  std::string model_name;                       // whose scores; empty: of the first model
  std::optional<double> false_alarms_per_week;  // > 0; for every model with threshold = budget
};

struct LearnOptions {
  HistoryOptions history;
  std::string state_path;  // empty: as configured
  bool force = false;      // replace a state that is there
};

// `words`: what follows the subcommand. Every error is kInvalid and says what is allowed.
platform::Result<ReplayOptions> parse_replay_options(std::span<const char* const> words);
platform::Result<LearnOptions> parse_learn_options(std::span<const char* const> words);

}  // namespace epsilond::agent
