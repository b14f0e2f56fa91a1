#pragma once
// What became of a table that was read: everything a test asks of it, without destructors.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/table_reader.h"
#include "tests/support/temp_file.h"

namespace epsilond::tests {

using agent::RowStatus;
using agent::TableFormat;
using agent::TableOptions;
using agent::TableReader;
using agent::TableRow;
using platform::ErrorCode;
using platform::Result;

constexpr std::size_t kKept = 8;

struct Fate {
  bool opened = false;
  ErrorCode code = ErrorCode::kIo;
  bool read_error = false;
  char error[200] = "";
  char names[200] = "";    // the features, joined by '|'
  char ignored[200] = "";  // the ignored columns, joined by '|'
  std::size_t features = 0;
  std::size_t rows = 0;  // good ones
  std::size_t malformed = 0;
  char reason[200] = "";  // of the first malformed row
  std::size_t malformed_line = 0;
  std::size_t malformed_row = 0;
  std::size_t numbers[kKept] = {};  // TableRow::row of the first good rows
  double values[kKept][3] = {};     // NAN where absent
  double times[kKept] = {};
  int labels[kKept] = {};
  char time_text[kKept][32] = {};
};

inline void copy_text(std::string_view text, char* out, std::size_t size) {
  const std::size_t bytes = std::min(text.size(), size - 1);
  text.copy(out, bytes);
  out[bytes] = '\0';
}

inline std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : "|") + name;
  return text;
}

inline void keep(const TableRow& row, std::size_t features, Fate& fate) {
  if (fate.rows < kKept) {
    fate.numbers[fate.rows] = row.row;
    for (std::size_t i = 0; i < 3; ++i)
      fate.values[fate.rows][i] =
          i < features && row.present[i] ? row.values[static_cast<Eigen::Index>(i)] : std::nan("");
    fate.times[fate.rows] = row.has_time ? row.time_s : std::nan("");
    fate.labels[fate.rows] = row.label;
    copy_text(row.time_text, fate.time_text[fate.rows], sizeof fate.time_text[0]);
  }
  ++fate.rows;
}

inline Fate read_options(std::string_view text, const TableOptions& options) {
  const TempFile file(text);
  Fate fate;
  Result<TableReader> reader = TableReader::open(file.path(), options);
  if (!reader) {
    fate.code = reader.error().code;
    copy_text(reader.error().context, fate.error, sizeof fate.error);
    return fate;
  }
  fate.opened = true;
  fate.features = reader->feature_count();
  copy_text(joined(reader->plan().feature_names), fate.names, sizeof fate.names);
  copy_text(joined(reader->plan().ignored), fate.ignored, sizeof fate.ignored);
  TableRow row;
  for (;;) {
    switch (reader->next(row)) {
      case RowStatus::kRow:
        keep(row, fate.features, fate);
        break;
      case RowStatus::kMalformed:
        if (fate.malformed++ == 0) {
          copy_text(reader->malformed().reason, fate.reason, sizeof fate.reason);
          fate.malformed_line = reader->malformed().line;
          fate.malformed_row = reader->malformed().row;
        }
        break;
      case RowStatus::kEnd:
        return fate;
      case RowStatus::kError:
        fate.read_error = true;
        fate.code = reader->error().code;
        copy_text(reader->error().context, fate.error, sizeof fate.error);
        return fate;
    }
  }
}

inline Fate read(std::string_view text) { return read_options(text, {}); }

inline Fate read_columns(std::string_view text, const char* first, const char* second) {
  TableOptions options;
  options.columns.emplace_back(first);
  if (second != nullptr) options.columns.emplace_back(second);
  return read_options(text, options);
}

inline Fate read_format(std::string_view text, TableFormat format) {
  TableOptions options;
  options.format = format;
  return read_options(text, options);
}

}  // namespace epsilond::tests
