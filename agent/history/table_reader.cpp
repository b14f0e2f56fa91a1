#include "agent/history/table_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/history/cell.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

// True when every named column of the header reads as a number: then it is a row, and the names are missing.
bool is_row_of_numbers(const std::vector<std::string>& header) {
  double value = 0.0;
  for (const std::string& name : header)
    if (parse_cell(name, value) != CellKind::kNumber) return false;
  return true;
}

}  // namespace

Result<TableReader> TableReader::open(const char* path, const TableOptions& options) {
  Result<platform::InputFile> input = platform::InputFile::open(path);
  if (!input) return input.error();
  return open({std::move(*input), shown_name(path)}, options.format, options, nullptr);
}

Result<TableReader> TableReader::open(RowFile file, TableFormat format, const TableOptions& options,
                                      const ColumnPlan* lead) {
  TableReader reader(std::move(file.input), format);
  reader.malformed_.file = std::move(file.name);
  std::vector<std::string> header;
  if (Result<void> read = reader.read_header(header); !read) return read.error();
  std::vector<ColumnCensus> census(header.size());
  if (Result<void> taken = reader.take_census(census); !taken) return taken.error();
  if (Result<void> planned = reader.plan_roles(header, census, options, lead); !planned) return planned.error();
  reader.rewind();
  return reader;
}

Result<void> TableReader::plan_roles(const std::vector<std::string>& header, const std::vector<ColumnCensus>& census,
                                     const TableOptions& options, const ColumnPlan* lead) {
  if (lead != nullptr) {
    Result<FollowedColumns> followed = follow_columns(header, *lead);
    if (!followed) return followed.error();
    plan_ = std::move(followed->plan);
    for (std::string& remark : followed->remarks) notes_.push_back({malformed_.file, std::move(remark)});
    return {};
  }
  Result<ColumnPlan> plan =
      plan_columns(header, census, options.columns, is_prmon() ? NameRules::kPrmon : NameRules::kTable);
  if (!plan) return plan.error();
  plan_ = std::move(*plan);
  if (is_prmon() && options.columns.empty() && std::find(header.begin(), header.end(), "wtime") != header.end())
    notes_.push_back({malformed_.file, "wtime is the clock of the run, so no feature; --columns can name it"});
  return {};
}

Result<void> TableReader::read_header(std::vector<std::string>& header) {
  std::string_view line;
  const LineStatus status = next_record(line);
  if (status == LineStatus::kError) return lines_.error();
  if (status == LineStatus::kTooLong) return make_error(ErrorCode::kMalformed, 0, "the first line is too long");
  if (status == LineStatus::kEnd) return make_error(ErrorCode::kMalformed, 0, "the file is empty");
  if (Result<void> text = check_is_text(line); !text) return text.error();
  line = without_byte_order_mark(line);
  separator_ = format_ == TableFormat::kTsv ? '\t' : format_ == TableFormat::kCsv ? ',' : guess_separator(line);
  switch (split(line)) {
    case RecordFault::kNone:
      break;
    case RecordFault::kOpenQuote:
      return make_error(ErrorCode::kMalformed, 0, "a quote in the header is not closed in its line");
    case RecordFault::kAfterQuote:
      return make_error(ErrorCode::kMalformed, 0, "text after a closing quote in the header");
  }
  for (const std::string_view name : record_.cells()) header.emplace_back(trimmed(name));
  if (header.size() == 1 && header[0].find(';') != std::string::npos)
    return make_error(ErrorCode::kMalformed, 0, "semicolons between the columns: only commas and tabs are read");
  if (is_row_of_numbers(header))
    return make_error(ErrorCode::kMalformed, 0, "the first line holds numbers: it must name the columns");
  header_lines_ = lines_.line_number();
  return {};
}

Result<void> TableReader::take_census(std::vector<ColumnCensus>& census) {
  std::string_view line;
  std::size_t rows = 0;
  // A column without a value so far may still turn out as either: go on until it shows one.
  const auto undecided = [](const ColumnCensus& column) { return column.numbers + column.texts == 0; };
  while (rows < kCensusRows || std::any_of(census.begin(), census.end(), undecided)) {
    const LineStatus status = next_record(line);
    if (status == LineStatus::kError) return lines_.error();
    if (status == LineStatus::kEnd) break;
    ++rows;
    if (status == LineStatus::kTooLong || split_record(line) != RecordFault::kNone) continue;
    if (record_.cells().size() != census.size()) continue;
    for (std::size_t i = 0; i < census.size(); ++i) {
      double value = 0.0;
      const CellKind kind = parse_cell(record_.cells()[i], value);
      census[i].texts += kind == CellKind::kText ? 1U : 0U;
      census[i].numbers += kind != CellKind::kText && kind != CellKind::kAbsent ? 1U : 0U;
    }
  }
  if (rows == 0) return make_error(ErrorCode::kMalformed, 0, "there is no row below the header");
  return {};
}

RecordFault TableReader::split(std::string_view line) {
  if (!is_prmon()) return record_.split(line, separator_);
  record_.split_at_blanks(line);
  return RecordFault::kNone;
}

void TableReader::rewind() {
  lines_.rewind();
  rows_ = malformed_rows_ = 0;
  std::string_view line;
  while (lines_.line_number() < header_lines_ && lines_.next(line) == LineStatus::kLine) {
  }
}

LineStatus TableReader::next_record(std::string_view& line) {
  for (;;) {
    const LineStatus status = lines_.next(line);
    if (status != LineStatus::kLine || !is_blank_line(line)) return status;
  }
}

// Splits the record that begins with `line`, taking further lines while a quote is open. A quote that is never closed
// costs its own line only.
RecordFault TableReader::split_record(std::string_view& line) {
  RecordFault fault = split(line);
  while (fault == RecordFault::kOpenQuote && lines_.extend(line)) fault = split(line);
  if (fault != RecordFault::kNone) lines_.take_back(line);
  return fault;
}

RowStatus TableReader::next(TableRow& row) {
  std::string_view line;
  const LineStatus status = next_record(line);
  if (status == LineStatus::kEnd) return RowStatus::kEnd;
  if (status == LineStatus::kError) return RowStatus::kError;
  row.row = rows_++;
  if (status == LineStatus::kTooLong)
    return reject(lines_.line_number(), "the line is longer than " + std::to_string(kMaxLineBytes) + " bytes");
  row.values.resize(static_cast<Eigen::Index>(feature_count()));
  clear(row);
  if (!is_prmon()) {
    if (read_plain(line, row)) return RowStatus::kRow;
    clear(row);
  }
  return read_carefully(line, row);
}

void TableReader::clear(TableRow& row) {
  row.present.reset();
  row.has_time = false;
  row.time_text = {};
  row.label = -1;
}

// The usual row: short unquoted numbers. Goes through the bytes once and gives up on anything else.
bool TableReader::read_plain(std::string_view line, TableRow& row) const {
  const char* text = line.data();
  const char* const line_end = text + line.size();
  const char separator = separator_;
  const Column* last = &plan_.columns.back();
  for (const Column* column = plan_.columns.data();; ++column) {
    if (*text == ' ') ++text;
    const char* const cell = text;
    if (*text == separator || *text == '\n') {
      // An empty cell is absent, whatever the column.
    } else if (column->role == ColumnRole::kIgnored) {
      while (*text != separator && *text != '\n') {
        if (*text == '"' || *text == '\0' || *text == '\r') return false;
        ++text;
      }
    } else {
      double value = 0.0;
      text = parse_plain_number(cell, value);
      if (text == nullptr) {
        // Long digits: still a number, but one that needs rounding.
        const auto [end, error] = std::from_chars(cell, line_end, value);
        if (error != std::errc()) return false;
        text = end;
      }
      if (!(std::fabs(value) <= kMaxMagnitude)) return false;
      if (column->role == ColumnRole::kFeature) {
        row.values[static_cast<Eigen::Index>(column->feature)] = value;
        row.present.set(column->feature);
      } else if (column->role == ColumnRole::kLabel) {
        if (value != 0.0 && value != 1.0) return false;
        row.label = value != 0.0 ? 1 : 0;
      } else {
        const bool date = *text == '-';
        if (date) text = std::find(text, line_end, separator);
        row.time_text = {cell, static_cast<std::size_t>(text - cell)};
        if (date) {
          if (row.time_text.ends_with('\r')) return false;
          const std::optional<double> time = parse_timestamp(row.time_text);
          if (!time) return false;
          value = *time;
        }
        if (!(std::fabs(value) <= kMaxEpochSeconds)) return false;
        row.has_time = true;
        row.time_s = value;
      }
    }
    if (column == last) return *text == '\n' || (*text == '\r' && text[1] == '\n');
    if (*text != separator) return false;
    ++text;
  }
}

RowStatus TableReader::read_carefully(std::string_view line, TableRow& row) {
  const std::uint64_t number = lines_.line_number();
  const RecordFault fault = split_record(line);
  if (line.find('\0') != std::string_view::npos) return reject(number, "a NUL byte");
  if (fault == RecordFault::kOpenQuote) return reject(number, "a quote is not closed");
  if (fault == RecordFault::kAfterQuote) return reject(number, "text after a closing quote");
  const std::vector<std::string_view>& cells = record_.cells();
  if (cells.size() != plan_.columns.size())
    return reject(number, std::to_string(cells.size()) + (cells.size() == 1 ? " cell, " : " cells, ") +
                              std::to_string(plan_.columns.size()) + " columns in the header");
  malformed_.reason.clear();
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (!read_cell(plan_.columns[i], cells[i], row)) return reject(number, std::move(malformed_.reason));
  return RowStatus::kRow;
}

// False with malformed_.reason set when the cell spoils its row.
bool TableReader::read_cell(const Column& column, std::string_view text, TableRow& row) {
  if (column.role == ColumnRole::kIgnored) return true;
  if (column.role == ColumnRole::kFeature) return read_feature(column, text, row);
  double value = 0.0;
  const CellKind kind = parse_cell(text, value);
  if (kind == CellKind::kAbsent) return true;
  if (column.role == ColumnRole::kLabel) {
    if (kind != CellKind::kNumber || (value != 0.0 && value != 1.0)) {
      malformed_.reason = "label '" + printable(text) + "' is neither 0 nor 1";
      return false;
    }
    row.label = value != 0.0 ? 1 : 0;
    return true;
  }
  const std::optional<double> time = parse_timestamp(text);
  if (!time) {
    malformed_.reason = column.name + " '" + printable(text) + "' is neither epoch seconds nor YYYY-MM-DD HH:MM:SS";
    return false;
  }
  row.has_time = true;
  row.time_s = *time;
  row.time_text = text;
  return true;
}

bool TableReader::read_feature(const Column& column, std::string_view text, TableRow& row) {
  double value = 0.0;
  const CellKind kind = parse_cell(text, value);
  if (kind == CellKind::kAbsent) return true;
  if (kind != CellKind::kNumber) {
    malformed_.reason = complaint(column.name, text, kind);
    return false;
  }
  row.values[static_cast<Eigen::Index>(column.feature)] = value;
  row.present.set(column.feature);
  return true;
}

RowStatus TableReader::reject(std::uint64_t line, std::string reason) {
  malformed_.row = rows_ - 1;
  malformed_.line = line;
  malformed_.reason = std::move(reason);
  ++malformed_rows_;
  return RowStatus::kMalformed;
}

}  // namespace epsilond::agent
