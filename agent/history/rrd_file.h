#pragma once
// One output of `rrdtool fetch`: a line with the names of the data sources, a blank one, then `TIME: VALUE VALUE ...`.
//
// See rrdfetch(1). rrdtool writes numbers in the locale of its user; only the point is understood here.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/csv_record.h"
#include "agent/history/line_reader.h"
#include "agent/history/row_source.h"
#include "platform/result.h"

namespace epsilond::agent {

class RrdFile {
 public:
  // Reads the names. kMalformed: empty, binary, no names, or no row below them.
  static platform::Result<RrdFile> open(RowFile file);

  // Reads the next row. kMalformed: line() and reason() say what is wrong; a time that is not after the one before is.
  RowStatus advance();
  void rewind();

  const std::vector<std::string>& names() const { return names_; }
  // Of the row read last: Unix time, its text (until the next advance()), and a value for each name, NaN where absent.
  double time_s() const { return time_s_; }
  std::string_view time_text() const { return time_text_; }
  std::span<const double> values() const { return values_; }

  const std::string& file() const { return file_; }
  std::uint64_t line() const { return lines_.line_number(); }
  const std::string& reason() const { return reason_; }
  const platform::Error& error() const { return lines_.error(); }
  const platform::InputFile& input() const { return lines_.input(); }

 private:
  // Small reads: many files are open at once.
  static constexpr std::size_t kReadBytes = std::size_t{32} * 1024;

  explicit RrdFile(RowFile file) : lines_(std::move(file.input), kReadBytes), file_(std::move(file.name)) {}
  platform::Result<void> read_header();
  LineStatus next_line(std::string_view& line);
  bool read_row(std::string_view line);
  bool read_time(std::string_view text);

  LineReader lines_;
  CsvRecord record_;
  std::string file_;
  std::vector<std::string> names_;
  std::uint64_t header_lines_ = 0;
  std::vector<double> values_;
  double time_s_ = -std::numeric_limits<double>::infinity();
  std::string_view time_text_;
  std::string reason_;
};

}  // namespace epsilond::agent
