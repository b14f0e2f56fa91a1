#include "agent/history/chained_rows.h"

#include <algorithm>
#include <utility>

namespace epsilond::agent {

using platform::InputFile;
using platform::make_error;
using platform::Result;

Result<ChainedRows> ChainedRows::open(std::vector<RowFile> files, TableFormat format, const TableOptions& options,
                                      std::string& failed_file) {
  ChainedRows chain;
  chain.files_ = std::move(files);
  chain.format_ = format;
  chain.options_ = options;
  for (std::size_t i = 0; i < chain.files_.size(); ++i) {
    failed_file = chain.files_[i].name;
    Result<std::unique_ptr<RowSource>> rows = chain.open_file(i);
    if (!rows) return rows.error();
    if (i == 0) chain.plan_ = (*rows)->plan();
    for (const RowNote& note : (*rows)->notes()) chain.notes_.push_back(note);
  }
  return chain;
}

Result<std::unique_ptr<RowSource>> ChainedRows::open_file(std::size_t index) const {
  Result<InputFile> input = files_[index].input.reopen();
  if (!input) return input.error();
  return open_row_file({std::move(*input), files_[index].name}, format_, options_, index > 0 ? &plan_ : nullptr);
}

void ChainedRows::rewind() {
  current_.reset();
  next_file_ = 0;
  rows_before_ = malformed_before_ = 0;
}

RowStatus ChainedRows::next(TableRow& row) {
  for (;;) {
    if (current_) {
      switch (const RowStatus status = current_->next(row)) {
        case RowStatus::kRow:
          row.row += rows_before_;
          return status;
        case RowStatus::kMalformed:
          malformed_ = current_->malformed();
          malformed_.row += rows_before_;
          return status;
        case RowStatus::kError:
          error_ = make_error(current_->error().code, current_->error().system_errno, "%s: %s",
                              files_[next_file_ - 1].name.c_str(), current_->error().context.c_str());
          return status;
        case RowStatus::kEnd:
          break;
      }
    }
    if (const RowStatus status = advance_file(); status != RowStatus::kRow) return status;
  }
}

// Goes on to the next file: kRow when there is one.
RowStatus ChainedRows::advance_file() {
  if (next_file_ == files_.size()) return RowStatus::kEnd;
  rows_before_ = rows();
  malformed_before_ = malformed_rows();
  current_.reset();  // its buffer goes before the next one comes
  Result<std::unique_ptr<RowSource>> rows = open_file(next_file_);
  if (!rows) {
    error_ = make_error(rows.error().code, rows.error().system_errno, "%s: %s", files_[next_file_].name.c_str(),
                        rows.error().context.c_str());
    return RowStatus::kError;
  }
  current_ = std::move(*rows);
  ++next_file_;
  return RowStatus::kRow;
}

double ChainedRows::progress() const {
  double read = 0.0;
  double stored = 0.0;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const auto bytes = static_cast<double>(files_[i].input.stored_bytes());
    stored += bytes;
    if (i + 1 < next_file_) read += bytes;
    if (i + 1 == next_file_ && current_) read += bytes * current_->progress();
  }
  return stored > 0.0 ? read / stored : 1.0;
}

bool ChainedRows::reads(const char* path) const {
  return std::any_of(files_.begin(), files_.end(),
                     [path](const RowFile& file) { return file.input.is_same_file(path); });
}

}  // namespace epsilond::agent
