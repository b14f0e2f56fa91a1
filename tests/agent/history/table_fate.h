#pragma once
// What became of a table that was read: everything a test asks of it, without destructors.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
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
  char notes[400] = "";    // what is to be said, joined by '|', each with the letter of its file
  std::size_t features = 0;
  std::size_t rows = 0;  // good ones
  std::size_t malformed = 0;
  char reason[200] = "";  // of the first malformed row
  char malformed_file = '-';  // its letter; also of the file that could not be opened
  std::uint64_t counted_rows = 0;  // RowSource::rows() at the end
  std::uint64_t malformed_line = 0;
  std::uint64_t malformed_row = 0;
  std::uint64_t numbers[kKept] = {};  // TableRow::row of the first good rows
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

inline void note(std::string_view text, char* out, std::size_t size) {
  copy_text(std::string(out) + (*out == '\0' ? "" : "|") + std::string(text), out, size);
}

// Goes once through `rows`. Files are named by the letters of their place: "a" is the first of `paths`.
inline void drain(agent::RowSource& rows, std::span<const std::string> paths, Fate& fate) {
  const auto letter = [paths](const std::string& file) {
    const auto found = std::find(paths.begin(), paths.end(), file);
    return static_cast<char>(found == paths.end() ? '?' : 'a' + (found - paths.begin()));
  };
  fate.opened = true;
  fate.features = rows.feature_count();
  copy_text(joined(rows.plan().feature_names), fate.names, sizeof fate.names);
  copy_text(joined(rows.plan().ignored), fate.ignored, sizeof fate.ignored);
  fate.notes[0] = '\0';
  for (const agent::RowNote& said : rows.notes())
    note(std::string(1, letter(said.file)) + ": " + said.text, fate.notes, sizeof fate.notes);
  fate.rows = fate.malformed = 0;
  TableRow row;
  for (;;) {
    switch (rows.next(row)) {
      case RowStatus::kRow:
        keep(row, fate.features, fate);
        break;
      case RowStatus::kMalformed:
        if (fate.malformed++ == 0) {
          fate.malformed_file = letter(rows.malformed().file);
          copy_text(rows.malformed().reason, fate.reason, sizeof fate.reason);
          fate.malformed_line = rows.malformed().line;
          fate.malformed_row = rows.malformed().row;
        }
        break;
      case RowStatus::kEnd:
        fate.counted_rows = rows.rows();
        return;
      case RowStatus::kError:
        fate.read_error = true;
        fate.code = rows.error().code;
        copy_text(rows.error().context, fate.error, sizeof fate.error);
        return;
    }
  }
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
  const std::string path = file.path();
  drain(*reader, std::span(&path, 1), fate);
  return fate;
}

inline Fate read_paths(std::span<const std::string> paths, const TableOptions& options) {
  Fate fate;
  std::string failed_file;
  Result<std::unique_ptr<agent::RowSource>> rows = agent::open_rows(paths, options, failed_file);
  if (rows) {
    drain(**rows, paths, fate);
    return fate;
  }
  fate.code = rows.error().code;
  copy_text(rows.error().context, fate.error, sizeof fate.error);
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (paths[i] == failed_file) fate.malformed_file = static_cast<char>('a' + i);
  return fate;
}

// As `epsilonctl` reads files that hold `texts`: of any format.
inline Fate read_files(std::initializer_list<std::string_view> texts, const TableOptions& options = {}) {
  std::vector<std::unique_ptr<TempFile>> files;
  std::vector<std::string> paths;
  for (const std::string_view text : texts) {
    files.push_back(std::make_unique<TempFile>(text));
    paths.emplace_back(files.back()->path());
  }
  return read_paths(paths, options);
}

inline TableOptions only_columns(std::initializer_list<const char*> names) {
  TableOptions options;
  for (const char* name : names) options.columns.emplace_back(name);
  return options;
}

inline TableOptions of_format(TableFormat format) {
  TableOptions options;
  options.format = format;
  return options;
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
