#include "agent/control/score_options.h"

#include <array>
#include <charconv>
#include <string_view>
#include <system_error>

#include "agent/control/arguments.h"
#include "agent/history/cell.h"
#include "agent/history/csv_record.h"

namespace epsilond::agent {
namespace {

using platform::Error;
using platform::ErrorCode;
using platform::make_error;
using platform::Result;

constexpr std::array kOptions = {
    OptionSpec{"model"},
    OptionSpec{"columns"},
    OptionSpec{"train-rows"},
    OptionSpec{"train"},
    OptionSpec{"format"},
    OptionSpec{"threshold"},
    OptionSpec{"false-alarms-per-week"},
    OptionSpec{"seed"},
    OptionSpec{"scores"},
    OptionSpec{"help", false},
};

Error bad_value(const char* option, std::string_view value, const char* allowed) {
  return make_error(ErrorCode::kInvalid, 0, "--%s '%.40s': %s", option, std::string(value).c_str(), allowed);
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<void> parse_table_options(const Arguments& arguments, ScoreOptions& options) {
  if (const auto format = arguments.value("format")) {
    if (*format == "csv")
      options.table.format = TableFormat::kCsv;
    else if (*format == "tsv")
      options.table.format = TableFormat::kTsv;
    else if (*format != "auto")
      return bad_value("format", *format, "allowed: auto, csv, tsv");
  }
  if (const auto columns = arguments.value("columns")) {
    CsvRecord record;
    if (record.split(*columns, ',') != RecordFault::kNone)
      return bad_value("columns", *columns, "names separated by commas, quoted as in a csv file");
    for (const std::string_view name : record.cells()) {
      if (name.empty()) return bad_value("columns", *columns, "an empty name");
      options.table.columns.emplace_back(name);
    }
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
  if (options.train_file == "-" && options.file == "-")
    return make_error(ErrorCode::kInvalid, 0, "standard input cannot be both FILE and --train");
  if (const auto seed = arguments.value("seed")) {
    const auto number = parse_count(*seed);
    if (!number) return bad_value("seed", *seed, "allowed: 0 .. 18446744073709551615");
    options.seed = *number;
  }
  return {};
}

Result<void> parse_cut_options(const Arguments& arguments, ScoreOptions& options) {
  if (const auto threshold = arguments.value("threshold")) {
    Result<CutSettings> cut = parse_cut(*threshold);
    if (!cut) return make_error(ErrorCode::kInvalid, 0, "--threshold %s", cut.error().context.c_str());
    options.cut = *cut;
  }
  if (const auto budget = arguments.value("false-alarms-per-week")) {
    double value = 0.0;
    if (parse_cell(*budget, value) != CellKind::kNumber || !(value > 0.0))
      return bad_value("false-alarms-per-week", *budget, "allowed: a number above 0");
    if (options.cut.form != CutForm::kBudget)
      return make_error(ErrorCode::kInvalid, 0, "--false-alarms-per-week belongs to --threshold budget");
    options.cut.false_alarms_per_week = value;
    options.weekly_budget_given = true;
  }
  return {};
}

}  // namespace

Result<ScoreOptions> parse_score_options(std::span<const char* const> words) {
  Result<Arguments> arguments = Arguments::parse(words, kOptions);
  if (!arguments) return arguments.error();
  ScoreOptions options;
  options.help = arguments->has("help");
  if (options.help) return options;
  if (arguments->operands().size() != 1)
    return make_error(ErrorCode::kInvalid, 0, "score takes one FILE, %zu given", arguments->operands().size());
  options.file = arguments->operands().front();
  if (const auto model = arguments->value("model"); model && *model != "product")
    return bad_value("model", *model, "allowed: product");
  if (const auto scores = arguments->value("scores")) {
    if (scores->empty() || *scores == "-")
      return bad_value("scores", *scores, "the name of a file (standard output carries the events)");
    options.scores_file = *scores;
  }
  for (const auto parse : {parse_table_options, parse_training_options, parse_cut_options})
    if (Result<void> parsed = parse(*arguments, options); !parsed) return parsed.error();
  return options;
}

}  // namespace epsilond::agent
