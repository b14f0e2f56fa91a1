#pragma once
// Several outputs of `rrdtool fetch`, joined on time: a streaming merge of files that ascend.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "agent/history/row_source.h"
#include "agent/history/rrd_file.h"
#include "platform/result.h"

namespace epsilond::agent {

// One row per distinct time; a file without a row of that time, or with nan in it, leaves its features absent. Holds
// one row and one read buffer per file. Malformed rows of any file come when they are met, and count as rows.
class RrdReader final : public RowSource {
 public:
  // `files`: one or more. A data source that several files name is called STEM.NAME in each of them, STEM being the
  // name of the file without folder, `.gz` and ending; where the stems are equal too, the whole name of the file stands
  // in its place. Errors as RrdFile::open() and plan_columns(); `failed_file` names the file.
  static platform::Result<RrdReader> open(std::vector<RowFile> files, const TableOptions& options,
                                          std::string& failed_file);

  RowStatus next(TableRow& row) override;
  void rewind() override;

  const ColumnPlan& plan() const override { return plan_; }
  std::uint64_t rows() const override { return rows_; }
  std::uint64_t malformed_rows() const override { return malformed_rows_; }
  const Malformed& malformed() const override { return malformed_; }
  const platform::Error& error() const override { return error_; }
  double progress() const override;
  bool reads(const char* path) const override;

 private:
  enum class Head : std::uint8_t { kStale, kFresh, kEnd };
  struct Cursor {
    RrdFile file;
    std::size_t first_column = 0;
    Head head = Head::kStale;  // is the row of `file` still to be read, to be handed out, or past the end
  };

  RrdReader() = default;
  RowStatus refresh(Cursor& cursor);
  void take_values(const Cursor& cursor, TableRow& row) const;

  std::vector<Cursor> cursors_;
  ColumnPlan plan_;
  std::uint64_t rows_ = 0;
  std::uint64_t malformed_rows_ = 0;
  Malformed malformed_;
  platform::Error error_;
};

}  // namespace epsilond::agent
