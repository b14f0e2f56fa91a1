#pragma once
// Several files of one format, one behind the other, as one stream of rows.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/history/row_source.h"
#include "platform/result.h"

namespace epsilond::agent {

// The first file decides the columns; the others follow it by name (follow_columns()). Each file is opened once here,
// to say what is wrong with it before the first row; later one file at a time is held, and a descriptor for each.
class ChainedRows final : public RowSource {
 public:
  // `files`: two or more, of `format` (not kRrd). Errors as open_row_file(); `failed_file` names the file.
  static platform::Result<ChainedRows> open(std::vector<RowFile> files, TableFormat format, const TableOptions& options,
                                            std::string& failed_file);

  RowStatus next(TableRow& row) override;
  void rewind() override;

  const ColumnPlan& plan() const override { return plan_; }
  std::uint64_t rows() const override { return rows_before_ + (current_ ? current_->rows() : 0); }
  std::uint64_t malformed_rows() const override {
    return malformed_before_ + (current_ ? current_->malformed_rows() : 0);
  }
  const Malformed& malformed() const override { return malformed_; }
  const platform::Error& error() const override { return error_; }
  std::span<const RowNote> notes() const override { return notes_; }
  double progress() const override;
  bool reads(const char* path) const override;

 private:
  ChainedRows() = default;
  platform::Result<std::unique_ptr<RowSource>> open_file(std::size_t index) const;
  RowStatus advance_file();

  std::vector<RowFile> files_;
  TableFormat format_ = TableFormat::kAuto;
  TableOptions options_;
  ColumnPlan plan_;
  std::vector<RowNote> notes_;
  std::unique_ptr<RowSource> current_;  // null before the first row of a file is asked for
  std::size_t next_file_ = 0;           // the one behind `current_`
  std::uint64_t rows_before_ = 0;       // in the files before `current_`
  std::uint64_t malformed_before_ = 0;
  Malformed malformed_;
  platform::Error error_;
};

}  // namespace epsilond::agent
