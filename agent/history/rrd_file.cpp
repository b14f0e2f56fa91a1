#include "agent/history/rrd_file.h"

#include <charconv>
#include <cmath>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "agent/history/cell.h"

namespace epsilond::agent {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

Result<RrdFile> RrdFile::open(RowFile file) {
  RrdFile opened(std::move(file));
  if (Result<void> read = opened.read_header(); !read) return read.error();
  opened.values_.resize(opened.names_.size());
  opened.rewind();
  return opened;
}

Result<void> RrdFile::read_header() {
  std::string_view line;
  LineStatus status = next_line(line);
  if (status == LineStatus::kError) return lines_.error();
  if (status == LineStatus::kTooLong) return make_error(ErrorCode::kMalformed, 0, "the first line is too long");
  if (status == LineStatus::kEnd) return make_error(ErrorCode::kMalformed, 0, "the file is empty");
  if (Result<void> text = check_is_text(line); !text) return text.error();
  record_.split_at_blanks(without_byte_order_mark(line));
  if (record_.cells().empty() || record_.cells().front().ends_with(':'))
    return make_error(ErrorCode::kMalformed, 0, "the first line must name the data sources");
  std::unordered_set<std::string_view> seen;
  for (const std::string_view name : record_.cells()) {
    if (!seen.insert(name).second)
      return make_error(ErrorCode::kMalformed, 0, "the data source '%s' is named twice", printable(name).c_str());
    names_.emplace_back(name);
  }
  header_lines_ = lines_.line_number();
  status = next_line(line);
  if (status == LineStatus::kError) return lines_.error();
  if (status == LineStatus::kEnd) return make_error(ErrorCode::kMalformed, 0, "there is no row below the header");
  return {};
}

void RrdFile::rewind() {
  lines_.rewind();
  time_s_ = -std::numeric_limits<double>::infinity();
  time_text_ = {};
  std::string_view line;
  while (lines_.line_number() < header_lines_ && lines_.next(line) == LineStatus::kLine) {
  }
}

LineStatus RrdFile::next_line(std::string_view& line) {
  for (;;) {
    const LineStatus status = lines_.next(line);
    if (status != LineStatus::kLine || !is_blank_line(line)) return status;
  }
}

RowStatus RrdFile::advance() {
  std::string_view line;
  switch (next_line(line)) {
    case LineStatus::kEnd:
      return RowStatus::kEnd;
    case LineStatus::kError:
      return RowStatus::kError;
    case LineStatus::kTooLong:
      reason_ = "the line is longer than " + std::to_string(kMaxLineBytes) + " bytes";
      return RowStatus::kMalformed;
    case LineStatus::kLine:
      break;
  }
  return read_row(line) ? RowStatus::kRow : RowStatus::kMalformed;
}

bool RrdFile::read_row(std::string_view line) {
  record_.split_at_blanks(line);
  const std::span<const std::string_view> cells(record_.cells());
  if (cells.empty() || !cells[0].ends_with(':')) {
    reason_ = "'" + printable(line) + "' is not TIME: VALUE ...";
    return false;
  }
  if (cells.size() - 1 != names_.size()) {
    reason_ = std::to_string(cells.size() - 1) + (cells.size() == 2 ? " value, " : " values, ") +
              std::to_string(names_.size()) + " data sources in the header";
    return false;
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const std::string_view text = cells[i + 1];
    double value = 0.0;
    // A cell is followed by a blank or a line end, so the fast road stops there.
    if (parse_plain_number(text.data(), value) != text.data() + text.size()) {
      const CellKind kind = parse_cell(text, value);
      if (kind == CellKind::kAbsent) {
        value = std::nan("");
      } else if (kind != CellKind::kNumber) {
        reason_ = complaint(names_[i], text, kind);
        return false;
      }
    }
    values_[i] = value;
  }
  return read_time(cells[0].substr(0, cells[0].size() - 1));
}

bool RrdFile::read_time(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() ||
      std::fabs(static_cast<double>(seconds)) > kMaxEpochSeconds) {
    reason_ = "'" + printable(text) + "' is not a time in epoch seconds";
    return false;
  }
  const auto time_s = static_cast<double>(seconds);
  if (!(time_s > time_s_)) {
    reason_ = std::string(time_s == time_s_ ? "the time is repeated: " : "the time goes back: ") + printable(text);
    return false;
  }
  time_s_ = time_s;
  time_text_ = text;
  return true;
}

}  // namespace epsilond::agent
