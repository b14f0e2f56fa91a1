#pragma once
// The command line of `epsilonctl run`, as checked values.

#include <optional>
#include <span>
#include <string>

#include "platform/result.h"

namespace epsilond::agent {

// The shortest and the longest time between two samples of a command.
inline constexpr double kMinRunIntervalS = 0.1;
inline constexpr double kMaxRunIntervalS = 3600.0;
// Of a model; commands are shorter than the lives of machines.
inline constexpr double kMinRunWarmUpS = 30.0;
inline constexpr double kMaxRunWarmUpS = 604800.0;

struct RunOptions {
  bool help = false;
  double interval_s = 1.0;
  double warm_up_s = 60.0;
  std::optional<double> false_alarms_per_week;  // > 0
  std::string prmon_file;                       // empty: none; and so the next three
  std::string csv_file;
  std::string json_summary_file;
  std::string flags_file;  // empty: standard error
  bool all = false;        // until the last process that descends from the command has ended
  bool quiet = false;      // no summary on standard error
  std::span<const char* const> command;  // the program and its arguments; a part of `words`
};

// `words`: what follows the subcommand; they must outlive the options. Every error is kInvalid and says what is allowed.
platform::Result<RunOptions> parse_run_options(std::span<const char* const> words);

}  // namespace epsilond::agent
