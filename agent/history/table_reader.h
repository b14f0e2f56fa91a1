#pragma once
// Reads a csv or tsv table, or the text output of prmon, row by row.
//
// The fate of every kind of input is written in epsilonctl(1), section INPUT TABLES, and tested case by case.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/history/csv_record.h"
#include "agent/history/line_reader.h"
#include "agent/history/row_source.h"
#include "platform/result.h"

namespace epsilond::agent {

// After open() nothing is allocated except for malformed rows and rows with doubled quotes.
class TableReader final : public RowSource {
 public:
  // Rows looked at to tell numeric columns from text; more only while a column has no value at all.
  static constexpr std::size_t kCensusRows = 1000;

  // Opens `path` ("-" is standard input) and reads its header. Errors as InputFile::open(), plus kMalformed (empty,
  // no usable header, no data row, no numeric column) and kInvalid (the columns asked for do not fit the file).
  static platform::Result<TableReader> open(const char* path, const TableOptions& options);
  // The same for a file that is open already. `format`: kCsv, kTsv, kPrmon, or kAuto for either of the first two by the
  // header. With `lead`, the columns are those of that plan (follow_columns()).
  static platform::Result<TableReader> open(RowFile file, TableFormat format, const TableOptions& options,
                                            const ColumnPlan* lead);

  RowStatus next(TableRow& row) override;
  void rewind() override;

  const ColumnPlan& plan() const override { return plan_; }
  std::uint64_t rows() const override { return rows_; }
  std::uint64_t malformed_rows() const override { return malformed_rows_; }
  const Malformed& malformed() const override { return malformed_; }
  const platform::Error& error() const override { return lines_.error(); }
  std::span<const RowNote> notes() const override { return notes_; }
  double progress() const override { return lines_.input().progress(); }
  bool reads(const char* path) const override { return lines_.input().is_same_file(path); }

 private:
  TableReader(platform::InputFile input, TableFormat format) : lines_(std::move(input)), format_(format) {}

  platform::Result<void> read_header(std::vector<std::string>& header);
  platform::Result<void> take_census(std::vector<ColumnCensus>& census);
  platform::Result<void> plan_roles(const std::vector<std::string>& header, const std::vector<ColumnCensus>& census,
                                    const TableOptions& options, const ColumnPlan* lead);
  bool is_prmon() const { return format_ == TableFormat::kPrmon; }
  LineStatus next_record(std::string_view& line);
  RecordFault split(std::string_view line);
  RecordFault split_record(std::string_view& line);
  static void clear(TableRow& row);
  bool read_plain(std::string_view line, TableRow& row) const;
  RowStatus read_carefully(std::string_view line, TableRow& row);
  bool read_cell(const Column& column, std::string_view text, TableRow& row);
  bool read_feature(const Column& column, std::string_view text, TableRow& row);
  RowStatus reject(std::uint64_t line, std::string reason);

  LineReader lines_;
  CsvRecord record_;
  TableFormat format_;
  char separator_ = ',';  // not for kPrmon, where any blank is one
  ColumnPlan plan_;
  std::vector<RowNote> notes_;
  std::uint64_t header_lines_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t malformed_rows_ = 0;
  Malformed malformed_;
};

}  // namespace epsilond::agent
