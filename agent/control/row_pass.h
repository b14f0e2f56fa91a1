#pragma once
// Rows that a subcommand goes through, perhaps several times, with every malformed one said once.

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "agent/control/voice.h"
#include "agent/exit_code.h"
#include "agent/history/row_source.h"

namespace epsilond::agent {

inline constexpr std::uint64_t kAllRows = std::numeric_limits<std::uint64_t>::max();

class RowPass {
 public:
  // Opens `paths`; an error is said, and the exit code tells it from success. Columns that hold no numbers are said.
  static ExitCode open(std::span<const std::string> paths, const TableOptions& options, Voice& voice,
                       std::unique_ptr<RowPass>& pass);

  // Hands the first `limit` rows to `use`, from the beginning. False when reading failed; it has been said.
  template <typename Use>
  bool for_each_row(const char* what, std::uint64_t limit, Use use) {
    rows_->rewind();
    voice_.begin_pass(what);
    TableRow row;
    while (rows_->rows() < limit) {
      switch (rows_->next(row)) {
        case RowStatus::kRow:
          use(row);
          break;
        case RowStatus::kMalformed:
          report(rows_->malformed());
          break;
        case RowStatus::kEnd:
          return true;
        case RowStatus::kError:
          voice_.say(name_, "%s", rows_->error().context.c_str());
          return false;
      }
      voice_.progress(rows_->rows(), rows_->progress());
    }
    return true;
  }

  // Says so and returns true when more than one row in a hundred was malformed in the last pass.
  bool is_bad();

  const RowSource& rows() const { return *rows_; }
  // The file, or "FILE and N more".
  const std::string& name() const { return name_; }

 private:
  RowPass(std::string name, std::unique_ptr<RowSource> rows, Voice& voice)
      : name_(std::move(name)), rows_(std::move(rows)), voice_(voice) {}
  void say_ignored();
  void report(const Malformed& malformed);

  std::string name_;
  std::unique_ptr<RowSource> rows_;
  Voice& voice_;
  std::uint64_t reported_up_to_ = 0;
  std::uint64_t listed_ = 0;
};

}  // namespace epsilond::agent
