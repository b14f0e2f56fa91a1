#pragma once
// Reads a csv or tsv table row by row: the past of a machine, or any table of numbers.
//
// The fate of every kind of input is written in epsilonctl(1), section INPUT TABLES, and tested case by case.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/history/csv_record.h"
#include "agent/history/line_reader.h"
#include "agent/history/table_columns.h"
#include "models/observation.h"
#include "platform/result.h"

namespace epsilond::agent {

enum class TableFormat : std::uint8_t { kAuto, kCsv, kTsv };

struct TableOptions {
  TableFormat format = TableFormat::kAuto;
  std::vector<std::string> columns;  // the features, in order; empty = every numeric column
};

struct TableRow {
  std::uint64_t row = 0;  // from 0: data rows of the file, malformed ones included, blank lines not
  models::FeatureVector values;
  models::PresenceMask present;
  bool has_time = false;
  double time_s = 0.0;         // Unix time for epoch seconds and dates; whatever the column holds for `t`
  std::string_view time_text;  // as in the file; valid until the next row is read
  int label = -1;              // 0, 1, or -1 where there is none
};

enum class RowStatus : std::uint8_t {
  kRow,
  kMalformed,  // not a row: malformed() says where and why
  kEnd,
  kError,  // reading failed: error() says why
};

struct Malformed {
  std::uint64_t row = 0;
  std::uint64_t line = 0;  // from 1, the header's included
  std::string reason;
};

// After open() nothing is allocated except for malformed rows and rows with doubled quotes.
class TableReader {
 public:
  // Rows looked at to tell numeric columns from text; more only while a column has no value at all.
  static constexpr std::size_t kCensusRows = 1000;

  // Opens `path` ("-" is standard input) and reads its header. Errors as InputFile::open(), plus kMalformed (empty,
  // no usable header, no data row, no numeric column) and kInvalid (the columns asked for do not fit the file).
  static platform::Result<TableReader> open(const char* path, const TableOptions& options);

  // The next row into `row`, whose vectors are sized here.
  RowStatus next(TableRow& row);
  // Starts again at the first data row; malformed rows will come again.
  void rewind();

  const ColumnPlan& plan() const { return plan_; }
  std::size_t feature_count() const { return plan_.feature_names.size(); }
  // Data rows since the last rewind, and how many of them were malformed.
  std::uint64_t rows() const { return rows_; }
  std::uint64_t malformed_rows() const { return malformed_rows_; }
  const Malformed& malformed() const { return malformed_; }
  const platform::Error& error() const { return lines_.error(); }
  const platform::InputFile& input() const { return lines_.input(); }

 private:
  explicit TableReader(platform::InputFile input) : lines_(std::move(input)) {}

  platform::Result<void> read_header(TableFormat format, std::vector<std::string>& header);
  platform::Result<void> take_census(std::vector<ColumnCensus>& census);
  LineStatus next_record(std::string_view& line);
  RecordFault split_record(std::string_view& line);
  bool read_plain(std::string_view line, TableRow& row) const;
  RowStatus read_carefully(std::string_view line, TableRow& row);
  bool read_cell(const Column& column, std::string_view text, TableRow& row);
  bool read_feature(const Column& column, std::string_view text, TableRow& row);
  RowStatus reject(std::uint64_t line, std::string reason);

  LineReader lines_;
  CsvRecord record_;
  char separator_ = ',';
  ColumnPlan plan_;
  std::uint64_t header_lines_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t malformed_rows_ = 0;
  Malformed malformed_;
};

}  // namespace epsilond::agent
