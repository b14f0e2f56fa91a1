#include "agent/control/score_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>
#include <vector>

#include "agent/config/config_keys.h"
#include "agent/config/config_store.h"
#include "agent/control/arguments.h"
#include "agent/control/table_arguments.h"
#include "agent/history/cell.h"
#include "agent/history/make_batch_model.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

// Beside these, every key of the configuration that a batch model knows is an option of the same name.
constexpr std::array kOptions = {
    OptionSpec{"model"},
    OptionSpec{"columns"},
    OptionSpec{"train-rows"},
    OptionSpec{"train"},
    OptionSpec{"labels"},
    OptionSpec{"format"},
    OptionSpec{"threshold"},
    OptionSpec{"false-alarms-per-week"},
    OptionSpec{"seed"},
    OptionSpec{"starts"},
    OptionSpec{"standardise"},
    OptionSpec{"alert-score"},
    OptionSpec{"escalation"},
    OptionSpec{"scores"},
    OptionSpec{"report"},
    OptionSpec{"help", false},
};

constexpr std::uint64_t kMaxStarts = 1000;

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<void> parse_model_options(const Arguments& arguments, ScoreOptions& options) {
  const std::string_view kind = arguments.value("model").value_or(model_kind_name(ModelKind::kProduct));
  ModelConfig model;
  const KeySpec& kind_key = *find_key(SectionKind::kModel, "kind");
  if (store_value(kind_key, kind, {.model = &model}))
    return bad_value("model", kind, ("allowed: " + std::string(kind_key.allowed)).c_str());
  model.tuning = batch_tuning(model.kind);
  const bool netdata = arguments.value("preset") == "netdata";
  if (netdata) {
    model.tuning = ModelTuning();
    model.tuning.models = 1;  // one table, one age
  }
  for (const KeySpec& key : config_keys()) {
    const auto value = key.batch ? arguments.value(key.name) : std::nullopt;
    if (!value) continue;
    const std::string name(key.name);
    if (!key.fits_kind(kind))
      return bad_value(name.c_str(), *value, ("belongs to --model " + std::string(key.needs_kinds)).c_str());
    if (key.preset && netdata) return bad_value(name.c_str(), *value, "is fixed by --preset netdata");
    if (key.name == "shrinkage" && *value == "auto")
      model.tuning.best_shrinkage = true;
    else if (store_value(key, *value, {.model = &model}))
      return bad_value(name.c_str(), *value, ("allowed: " + std::string(key.allowed)).c_str());
  }
  options.kind = model.kind;
  options.tuning = model.tuning;
  return {};
}

Result<void> parse_batch_options(const Arguments& arguments, ScoreOptions& options) {
  if (const auto starts = arguments.value("starts")) {
    const auto number = parse_count(*starts);
    if (options.kind != ModelKind::kMixture && options.kind != ModelKind::kKMeans)
      return bad_value("starts", *starts, "belongs to --model mixture kmeans");
    if (!number || *number < 1 || *number > kMaxStarts) return bad_value("starts", *starts, "allowed: 1 .. 1000");
    options.tuning.starts = static_cast<unsigned>(*number);
  }
  if (const auto standardise = arguments.value("standardise")) {
    if (options.kind != ModelKind::kKMeans) return bad_value("standardise", *standardise, "belongs to --model kmeans");
    if (*standardise != "yes" && *standardise != "no") return bad_value("standardise", *standardise, "allowed: yes, no");
    options.tuning.standardise = *standardise == "yes";
  }
  if (const auto seed = arguments.value("seed")) {
    const auto number = parse_count(*seed);
    if (!number) return bad_value("seed", *seed, "allowed: 0 .. 18446744073709551615");
    options.tuning.seed = *number;
  }
  return {};
}

Result<void> parse_series_options(const Arguments& arguments, ScoreOptions& options) {
  struct Number {
    const char* name;
    double lowest;
    const char* allowed;
    double ModelTuning::* into;
  };
  constexpr double kMost = 100.0;
  constexpr std::array kNumbers = {Number{"alert-score", 0.1, "allowed: 0.1 .. 100", &ModelTuning::alert_score},
                                   Number{"escalation", 1.0, "allowed: 1 .. 100", &ModelTuning::escalation}};
  for (const Number& number : kNumbers) {
    const auto text = arguments.value(number.name);
    if (!text) continue;
    if (options.kind != ModelKind::kSeries) return bad_value(number.name, *text, "belongs to --model series");
    double value = 0.0;
    if (parse_cell(*text, value) != CellKind::kNumber || value < number.lowest || value > kMost)
      return bad_value(number.name, *text, number.allowed);
    options.tuning.*number.into = value;
  }
  return {};
}

Result<void> parse_training_options(const Arguments& arguments, ScoreOptions& options) {
  if (const auto train = arguments.value("train")) {
    if (train->empty()) return bad_value("train", *train, "the name of a table");
    options.train_file = *train;
  }
  if (const auto rows = arguments.value("train-rows")) {
    options.train_rows = parse_count(*rows);
    if (!options.train_rows || *options.train_rows < 2) return bad_value("train-rows", *rows, "allowed: 2 or more");
    if (!options.train_file.empty())
      return make_error(ErrorCode::kInvalid, 0, "--train and --train-rows exclude each other");
  }
  if (const auto labels = arguments.value("labels")) {
    if (labels->empty()) return bad_value("labels", *labels, "the name of a table");
    if (options.cut.form != CutForm::kSelect)
      return make_error(ErrorCode::kInvalid, 0, "--labels belongs to --threshold select-epsilon");
    options.labels_file = *labels;
  }
  std::vector<std::string> names = options.files;
  names.insert(names.end(), {options.train_file, options.labels_file});
  if (std::count(names.begin(), names.end(), "-") > 1)
    return make_error(ErrorCode::kInvalid, 0, "standard input can be read only once");
  return {};
}

Result<void> parse_cut_options(const Arguments& arguments, ScoreOptions& options) {
  if (const auto threshold = arguments.value("threshold")) {
    Result<CutSettings> cut = parse_cut(*threshold);
    if (!cut) return make_error(ErrorCode::kInvalid, 0, "--threshold %s", cut.error().context.c_str());
    options.cut = *cut;
  }
  Result<std::optional<double>> budget = parse_weekly_budget(arguments);
  if (!budget) return budget.error();
  if (*budget) {
    if (options.cut.form != CutForm::kBudget)
      return make_error(ErrorCode::kInvalid, 0, "--false-alarms-per-week belongs to --threshold budget");
    options.cut.false_alarms_per_week = **budget;
    options.weekly_budget_given = true;
  }
  return {};
}

}  // namespace

Result<ScoreOptions> parse_score_options(std::span<const char* const> words) {
  std::vector<OptionSpec> specs(kOptions.begin(), kOptions.end());
  for (const KeySpec& key : config_keys())
    if (key.batch) specs.push_back({key.name});
  Result<Arguments> arguments = Arguments::parse(words, specs);
  if (!arguments) return arguments.error();
  ScoreOptions options;
  options.help = arguments->has("help");
  if (options.help) return options;
  if (arguments->operands().empty()) return make_error(ErrorCode::kInvalid, 0, "score takes a FILE, none given");
  options.files.assign(arguments->operands().begin(), arguments->operands().end());
  if (Result<void> parsed = parse_table_arguments(*arguments, options.table); !parsed) return parsed.error();
  if (Result<void> parsed = parse_output_file(*arguments, "scores", options.scores_file); !parsed) return parsed.error();
  if (Result<void> parsed = parse_output_file(*arguments, "report", options.report_file); !parsed) return parsed.error();
  for (const auto parse :
       {parse_model_options, parse_batch_options, parse_series_options, parse_cut_options, parse_training_options})
    if (Result<void> parsed = parse(*arguments, options); !parsed) return parsed.error();
  return options;
}

}  // namespace epsilond::agent
