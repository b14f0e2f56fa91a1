#include "agent/control/run_options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "agent/config/config_values.h"
#include "agent/control/arguments.h"
#include "agent/control/table_arguments.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

constexpr std::array kRunOptions = {
    OptionSpec{"prmon"},   OptionSpec{"csv"},        OptionSpec{"json-summary"},
    OptionSpec{"flags"},   OptionSpec{"interval"},   OptionSpec{"warm-up"},
    OptionSpec{"false-alarms-per-week"},             OptionSpec{"all", false},
    OptionSpec{"quiet", false},                      OptionSpec{"help", false},
};

constexpr std::string_view kEndOfOptions = "--";

Result<void> parse_time(const Arguments& arguments, const char* option, double least_s, double most_s,
                        const char* allowed, double& seconds) {
  const auto text = arguments.value(option);
  if (!text) return {};
  if (parse_duration(*text, &seconds) || seconds < least_s || seconds > most_s)
    return bad_value(option, *text, allowed);
  return {};
}

Result<void> parse_files(const Arguments& arguments, RunOptions& options) {
  const std::array files = {std::pair{"prmon", &options.prmon_file}, std::pair{"csv", &options.csv_file},
                            std::pair{"json-summary", &options.json_summary_file},
                            std::pair{"flags", &options.flags_file}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (Result<void> parsed = parse_output_file(arguments, files[i].first, *files[i].second,
                                                "the name of a file (standard output belongs to the command)");
        !parsed)
      return parsed.error();
    if (files[i].second->empty()) continue;
    for (std::size_t j = 0; j < i; ++j)
      if (*files[j].second == *files[i].second)
        return make_error(ErrorCode::kInvalid, 0, "'%.60s' is named for both --%s and --%s",
                          files[i].second->c_str(), files[j].first, files[i].first);
  }
  return {};
}

Result<void> parse_times(const Arguments& arguments, RunOptions& options) {
  if (Result<void> parsed = parse_time(arguments, "interval", kMinRunIntervalS, kMaxRunIntervalS,
                                       "allowed: a time such as 500ms or 10s, 100ms .. 1h", options.interval_s);
      !parsed)
    return parsed.error();
  if (Result<void> parsed = parse_time(arguments, "warm-up", kMinRunWarmUpS, kMaxRunWarmUpS,
                                       "allowed: a time such as 5m, 30s .. 7d", options.warm_up_s);
      !parsed)
    return parsed.error();
  Result<std::optional<double>> budget = parse_weekly_budget(arguments);
  if (!budget) return budget.error();
  options.false_alarms_per_week = *budget;
  return {};
}

}  // namespace

Result<RunOptions> parse_run_options(std::span<const char* const> words) {
  const auto end = std::find(words.begin(), words.end(), kEndOfOptions);
  const auto before = static_cast<std::size_t>(end - words.begin());
  Result<Arguments> arguments = Arguments::parse(words.first(before), kRunOptions);
  if (!arguments) return arguments.error();
  RunOptions options;
  options.help = arguments->has("help");
  if (options.help) return options;
  if (!arguments->operands().empty())
    return make_error(ErrorCode::kInvalid, 0, "'%.60s': the command stands after --, as in run -- sleep 1",
                      std::string(arguments->operands().front()).c_str());
  if (before + 1 >= words.size()) return make_error(ErrorCode::kInvalid, 0, "run takes -- COMMAND..., none given");
  options.command = words.subspan(before + 1);
  if (options.command.front()[0] == '\0') return make_error(ErrorCode::kInvalid, 0, "the name of the command is empty");
  options.all = arguments->has("all");
  options.quiet = arguments->has("quiet");
  if (Result<void> parsed = parse_times(*arguments, options); !parsed) return parsed.error();
  if (Result<void> parsed = parse_files(*arguments, options); !parsed) return parsed.error();
  return options;
}

}  // namespace epsilond::agent
