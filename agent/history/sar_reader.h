#pragma once
// The output of `sadf -d`, its blocks joined on time into one row per time.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/history/line_reader.h"
#include "agent/history/row_source.h"
#include "agent/history/sar_blocks.h"
#include "platform/fixed_string.h"
#include "platform/result.h"

namespace epsilond::agent {

// The blocks stand one behind the other, so the rows of a segment (up to the next restart of the machine, or to a
// header that comes again) are held until its last line has been read: TableOptions::max_joined_bytes at most, of which
// a row takes kRowBytes plus 8 per feature. A malformed line counts as a row of its own, in front of those of its
// segment.
class SarReader final : public RowSource {
 public:
  static constexpr std::size_t kRowBytes = 160;  // a node of the map with its allocations

  // Reads the whole file once, for its columns. With `lead`, the features are those of that plan. kMalformed: empty,
  // binary, no row, no numbers, or sadf -h; kTooLarge: more columns or headers than SarBlocks holds.
  static platform::Result<SarReader> open(RowFile file, const TableOptions& options, const ColumnPlan* lead);

  // kError with kTooLarge where the rows of a segment do not fit.
  RowStatus next(TableRow& row) override;
  void rewind() override;

  const ColumnPlan& plan() const override { return plan_; }
  std::uint64_t rows() const override { return rows_; }
  std::uint64_t malformed_rows() const override { return malformed_rows_; }
  const Malformed& malformed() const override { return malformed_; }
  const platform::Error& error() const override { return error_; }
  std::span<const RowNote> notes() const override { return notes_; }
  double progress() const override { return lines_.input().progress(); }
  bool reads(const char* path) const override { return lines_.input().is_same_file(path); }

 private:
  struct HeldRow {
    platform::FixedString<32> time_text;
    std::unique_ptr<double[]> values;  // one per feature, NaN where absent
  };
  struct Survey {
    std::vector<ColumnCensus> census;
    std::uint64_t data_lines = 0;
    std::uint64_t no_rows = 0;  // restarts and comments
    bool has_local_time = false;
  };

  SarReader(RowFile file, const TableOptions& options)
      : lines_(std::move(file.input)), max_joined_bytes_(options.max_joined_bytes) {
    malformed_.file = std::move(file.name);
  }
  platform::Result<void> survey(Survey& found);
  static void count_values(const SarLine& line, std::vector<ColumnCensus>& census);
  LineStatus next_line(std::string_view& line);
  RowStatus load(std::string_view line);
  RowStatus hold(const SarLine& line);
  HeldRow* row_at(const SarPlace& place, std::string_view time_text);
  void hand_out(TableRow& row);
  RowStatus reject(std::string reason);

  LineReader lines_;
  SarBlocks blocks_;
  std::size_t max_joined_bytes_;
  ColumnPlan plan_;
  std::vector<RowNote> notes_;
  std::map<SarPlace, HeldRow> held_;
  HeldRow handed_out_;                  // its text is what the last row points to
  std::pair<SarPlace, HeldRow*> last_;  // the row found last: a block names one time for all its instances
  std::vector<std::pair<std::size_t, double>> new_values_;
  bool is_draining_ = false;
  bool at_end_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t malformed_rows_ = 0;
  Malformed malformed_;
  platform::Error error_;
};

}  // namespace epsilond::agent
