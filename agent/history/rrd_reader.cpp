#include "agent/history/rrd_reader.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

// "/var/tmp/load.txt.gz" -> "load"
std::string stem(const std::string& file) {
  std::string name = file.substr(file.rfind('/') + 1);
  if (name.size() > 3 && name.ends_with(".gz")) name.resize(name.size() - 3);
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0) name.resize(dot);
  return name;
}

struct NamedFile {
  const std::string& file;
  const std::vector<std::string>& names;
};

// Names that no other column has, in the order of the files.
std::vector<std::string> unique_names(std::span<const NamedFile> files) {
  std::unordered_map<std::string, std::size_t> plain;
  std::unordered_map<std::string, std::size_t> stems;
  for (const NamedFile& file : files) {
    ++stems[stem(file.file)];
    for (const std::string& name : file.names) ++plain[name];
  }
  std::vector<std::string> names;
  for (const NamedFile& file : files) {
    const std::string own = stem(file.file);
    const std::string& prefix = stems[own] == 1 ? own : file.file;
    for (const std::string& name : file.names)
      names.push_back(plain[name] == 1 || files.size() == 1 ? name : prefix + "." + name);
  }
  return names;
}

}  // namespace

Result<RrdReader> RrdReader::open(std::vector<RowFile> files, const TableOptions& options, std::string& failed_file) {
  RrdReader reader;
  std::size_t columns = 0;
  for (RowFile& file : files) {
    failed_file = file.name;
    for (const Cursor& cursor : reader.cursors_)
      if (cursor.file.file() == file.name) return make_error(ErrorCode::kInvalid, 0, "is given twice");
    Result<RrdFile> opened = RrdFile::open(std::move(file));
    if (!opened) return opened.error();
    const std::size_t first_column = columns;
    columns += opened->names().size();
    reader.cursors_.push_back({std::move(*opened), first_column});
  }
  failed_file = reader.cursors_.front().file.file();
  std::vector<NamedFile> named;
  for (const Cursor& cursor : reader.cursors_) named.push_back({cursor.file.file(), cursor.file.names()});
  const std::vector<ColumnCensus> census(columns, {.numbers = 1});
  Result<ColumnPlan> plan = plan_columns(unique_names(named), census, options.columns, NameRules::kPlain);
  if (!plan) return plan.error();
  reader.plan_ = std::move(*plan);
  return reader;
}

void RrdReader::rewind() {
  rows_ = malformed_rows_ = 0;
  for (Cursor& cursor : cursors_) {
    cursor.file.rewind();
    cursor.head = Head::kStale;
  }
}

RowStatus RrdReader::next(TableRow& row) {
  double time_s = std::numeric_limits<double>::infinity();
  for (Cursor& cursor : cursors_) {
    if (cursor.head == Head::kStale)
      if (const RowStatus status = refresh(cursor); status != RowStatus::kRow) return status;
    if (cursor.head == Head::kFresh) time_s = std::min(time_s, cursor.file.time_s());
  }
  if (std::isinf(time_s)) return RowStatus::kEnd;
  row.row = rows_++;
  row.values.resize(static_cast<Eigen::Index>(feature_count()));
  row.present.reset();
  row.label = -1;
  row.has_time = true;
  row.time_s = time_s;
  for (Cursor& cursor : cursors_) {
    if (cursor.head != Head::kFresh || cursor.file.time_s() != time_s) continue;
    take_values(cursor, row);
    row.time_text = cursor.file.time_text();
    cursor.head = Head::kStale;
  }
  return RowStatus::kRow;
}

// Reads the next row of one file. kRow also at its end; kMalformed leaves the cursor stale, to be refreshed again.
RowStatus RrdReader::refresh(Cursor& cursor) {
  switch (cursor.file.advance()) {
    case RowStatus::kRow:
      cursor.head = Head::kFresh;
      return RowStatus::kRow;
    case RowStatus::kEnd:
      cursor.head = Head::kEnd;
      return RowStatus::kRow;
    case RowStatus::kError:
      error_ = make_error(cursor.file.error().code, cursor.file.error().system_errno, "%s: %s",
                          cursor.file.file().c_str(), cursor.file.error().context.c_str());
      return RowStatus::kError;
    case RowStatus::kMalformed:
      break;
  }
  malformed_ = {cursor.file.file(), rows_++, cursor.file.line(), cursor.file.reason()};
  ++malformed_rows_;
  return RowStatus::kMalformed;
}

void RrdReader::take_values(const Cursor& cursor, TableRow& row) const {
  const std::span<const double> values = cursor.file.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Column& column = plan_.columns[cursor.first_column + i];
    if (column.role != ColumnRole::kFeature || std::isnan(values[i])) continue;
    row.values[static_cast<Eigen::Index>(column.feature)] = values[i];
    row.present.set(column.feature);
  }
}

double RrdReader::progress() const {
  double read = 0.0;
  double stored = 0.0;
  for (const Cursor& cursor : cursors_) {
    const auto bytes = static_cast<double>(cursor.file.input().stored_bytes());
    read += bytes * cursor.file.input().progress();
    stored += bytes;
  }
  return stored > 0.0 ? read / stored : 1.0;
}

bool RrdReader::reads(const char* path) const {
  return std::any_of(cursors_.begin(), cursors_.end(),
                     [path](const Cursor& cursor) { return cursor.file.input().is_same_file(path); });
}

}  // namespace epsilond::agent
