#pragma once
// Rows of past readings, one after the other, whatever file format they come from.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/table_columns.h"
#include "agent/history/table_format.h"
#include "models/observation.h"
#include "platform/file/input_file.h"
#include "platform/result.h"

namespace epsilond::agent {

// How many files may be read as one stream: each of them holds a descriptor.
inline constexpr std::size_t kMaxRowFiles = 500;

struct TableOptions {
  TableFormat format = TableFormat::kAuto;
  std::vector<std::string> columns;  // the features, in order; empty = every numeric column
  // kSar: how much of the rows between two restarts is held, to join the blocks on time.
  std::size_t max_joined_bytes = std::size_t{128} * 1024 * 1024;
};

// An input, opened, and its name for messages.
struct RowFile {
  platform::InputFile input;
  std::string name;
};

// Something the operator should know about a file that is read all the same.
struct RowNote {
  std::string file;
  std::string text;
};

struct TableRow {
  std::uint64_t row = 0;  // from 0 over all files: data rows, malformed ones included, blank lines not
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
  std::string file;  // as it was named; "standard input" for "-"
  std::uint64_t row = 0;
  std::uint64_t line = 0;  // from 1, the header's included
  std::string reason;
};

// Rows of one or several files. Holds the same memory for a long file as for a short one, except for kSar, where it is
// bounded by TableOptions::max_joined_bytes. Rows come in the order of the file, whatever their times; only rrd files,
// which are joined on time, must ascend.
class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  RowSource(RowSource&&) = default;
  RowSource& operator=(RowSource&&) = default;
  virtual ~RowSource() = default;

  // The next row into `row`, whose vectors are sized here.
  virtual RowStatus next(TableRow& row) = 0;
  // Starts again at the first data row; malformed rows will come again.
  virtual void rewind() = 0;

  virtual const ColumnPlan& plan() const = 0;
  std::size_t feature_count() const { return plan().feature_names.size(); }
  // Data rows since the last rewind, and how many of them were malformed.
  virtual std::uint64_t rows() const = 0;
  virtual std::uint64_t malformed_rows() const = 0;
  virtual const Malformed& malformed() const = 0;
  virtual const platform::Error& error() const = 0;
  // To be said once, before the rows.
  virtual std::span<const RowNote> notes() const { return {}; }
  // In [0, 1]: the part of the stored bytes that has been read since the last rewind.
  virtual double progress() const = 0;
  // Is `path` one of the files that are read? False when it does not exist.
  virtual bool reads(const char* path) const = 0;
};

// "standard input" for "-", else the path.
std::string shown_name(const std::string& path);

// Opens `paths` (at least one; "-" is standard input) as one stream of rows: csv, tsv, prmon and sar files one behind
// the other, by the columns of the first; rrd files joined on time. The format is told by the content. Errors as
// TableReader::open(), and kInvalid: more than kMaxRowFiles, or "-" twice; kMalformed: another format than the one
// named, or than the first file's. `failed_file` is then the shown name of the file that is to blame.
platform::Result<std::unique_ptr<RowSource>> open_rows(std::span<const std::string> paths, const TableOptions& options,
                                                       std::string& failed_file);

// One file of any format but kRrd, kAuto excluded. With `lead`, its features are those of that plan.
platform::Result<std::unique_ptr<RowSource>> open_row_file(RowFile file, TableFormat format,
                                                           const TableOptions& options, const ColumnPlan* lead);

}  // namespace epsilond::agent
