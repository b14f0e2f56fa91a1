#include "agent/control/history_options.h"

#include <algorithm>
#include <array>

#include "agent/control/arguments.h"
#include "agent/control/table_arguments.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

constexpr OptionSpec kConfig = {.name = "config", .letter = 'c'};

constexpr std::array kReplayOptions = {
    OptionSpec{"scores"},     OptionSpec{"report"}, OptionSpec{"model-name"}, OptionSpec{"false-alarms-per-week"}, kConfig,
    OptionSpec{"columns"},    OptionSpec{"map"},    OptionSpec{"format"},     OptionSpec{"help", false},
};

constexpr std::array kLearnOptions = {
    OptionSpec{"state"},       kConfig,           OptionSpec{"force", false},
    OptionSpec{"columns"},     OptionSpec{"map"}, OptionSpec{"format"},
    OptionSpec{"help", false},
};

Result<void> parse_history_options(const Arguments& arguments, const char* subcommand, HistoryOptions& options) {
  for (const std::string_view file : arguments.operands()) options.files.emplace_back(file);
  if (options.files.empty()) return make_error(ErrorCode::kInvalid, 0, "%s takes FILE..., none given", subcommand);
  if (std::count(options.files.begin(), options.files.end(), "-") > 1)
    return make_error(ErrorCode::kInvalid, 0, "standard input can be read once only");
  if (const auto config = arguments.value("config")) {
    if (config->empty()) return bad_value("config", *config, "the name of a file");
    options.config_path = *config;
  }
  if (const auto map = arguments.value("map")) {
    Result<std::vector<NameMapping>> mappings = parse_name_mappings(*map);
    if (!mappings) return make_error(ErrorCode::kInvalid, 0, "--map %s", mappings.error().context.c_str());
    options.mappings = std::move(*mappings);
  }
  return parse_table_arguments(arguments, options.table);
}

}  // namespace

Result<ReplayOptions> parse_replay_options(std::span<const char* const> words) {
  Result<Arguments> arguments = Arguments::parse(words, kReplayOptions);
  if (!arguments) return arguments.error();
  ReplayOptions options;
  options.history.help = arguments->has("help");
  if (options.history.help) return options;
  if (Result<void> parsed = parse_history_options(*arguments, "replay", options.history); !parsed) return parsed.error();
  if (Result<void> parsed = parse_output_file(*arguments, "scores", options.scores_file); !parsed) return parsed.error();
  if (Result<void> parsed = parse_output_file(*arguments, "report", options.report_file); !parsed) return parsed.error();
  Result<std::optional<double>> budget = parse_weekly_budget(*arguments);
  if (!budget) return budget.error();
  options.false_alarms_per_week = *budget;
  if (const auto name = arguments->value("model-name")) {
    if (options.scores_file.empty() && options.report_file.empty())
      return bad_value("model-name", *name, "says whose --scores or --report is written");
    options.model_name = *name;
  }
  return options;
}

Result<LearnOptions> parse_learn_options(std::span<const char* const> words) {
  Result<Arguments> arguments = Arguments::parse(words, kLearnOptions);
  if (!arguments) return arguments.error();
  LearnOptions options;
  options.history.help = arguments->has("help");
  if (options.history.help) return options;
  if (Result<void> parsed = parse_history_options(*arguments, "learn", options.history); !parsed) return parsed.error();
  options.force = arguments->has("force");
  if (const auto state = arguments->value("state")) {
    if (state->empty() || *state == "none") return bad_value("state", *state, "the name of a file");
    options.state_path = *state;
  }
  return options;
}

}  // namespace epsilond::agent
