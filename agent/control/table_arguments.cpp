#include "agent/control/table_arguments.h"

#include "agent/history/cell.h"
#include "agent/history/csv_record.h"
#include "agent/history/table_format.h"

namespace epsilond::agent {

using platform::Error;
using platform::ErrorCode;
using platform::make_error;
using platform::Result;

Error bad_value(const char* option, std::string_view value, const char* allowed) {
  return make_error(ErrorCode::kInvalid, 0, "--%s '%.40s': %s", option, std::string(value).c_str(), allowed);
}

Result<void> parse_table_arguments(const Arguments& arguments, TableOptions& table) {
  if (const auto format = arguments.value("format")) {
    const std::optional<TableFormat> known = parse_table_format(*format);
    if (!known) return bad_value("format", *format, (std::string("allowed: ") + kTableFormatWords).c_str());
    table.format = *known;
  }
  if (const auto columns = arguments.value("columns")) {
    CsvRecord record;
    if (record.split(*columns, ',') != RecordFault::kNone)
      return bad_value("columns", *columns, "names separated by commas, quoted as in a csv file");
    for (const std::string_view name : record.cells()) {
      if (name.empty()) return bad_value("columns", *columns, "an empty name");
      table.columns.emplace_back(name);
    }
  }
  return {};
}

Result<void> parse_output_file(const Arguments& arguments, const char* option, std::string& path, const char* allowed) {
  const auto name = arguments.value(option);
  if (!name) return {};
  if (name->empty() || *name == "-") return bad_value(option, *name, allowed);
  path = *name;
  return {};
}

Result<std::optional<double>> parse_weekly_budget(const Arguments& arguments) {
  const auto budget = arguments.value("false-alarms-per-week");
  if (!budget) return std::optional<double>();
  double value = 0.0;
  if (parse_cell(*budget, value) != CellKind::kNumber || !(value > 0.0))
    return bad_value("false-alarms-per-week", *budget, "allowed: a number above 0");
  return std::optional<double>(value);
}

}  // namespace epsilond::agent
