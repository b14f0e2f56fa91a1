#pragma once
// The clock of whoever goes through a table row by row.

#include <cstdint>
#include <optional>

#include "agent/history/row_source.h"

namespace epsilond::agent {

// Goes along with the rows of a table. Without a clock in the table every row lasts the nominal interval, malformed
// rows included, and the first is at 0.
class RowClock {
 public:
  // `step_s`: of the table; nothing where it has no clock. `nominal_s` > 0: the interval in that case.
  RowClock(std::optional<double> step_s, double nominal_s)
      : interval_s_(step_s.value_or(nominal_s)), has_clock_(step_s.has_value()) {}

  double interval_s() const { return interval_s_; }
  bool has_clock() const { return has_clock_; }

  // To be called once for each row, in order. A row without a time is one interval after the row before it.
  void advance(const TableRow& row);
  // Of the row last seen: Unix time, or whatever the column `t` holds.
  double time_s() const { return time_s_; }
  // Since the row before it, > 0; one interval for the first row, and for a row whose time is not later, for the
  // monotonic clock of a machine never goes back.
  double elapsed_s() const { return elapsed_s_; }
  // Rows whose time was not later than that of the row before.
  std::uint64_t rows_not_later() const { return rows_not_later_; }

 private:
  double interval_s_;
  bool has_clock_;
  bool first_ = true;
  double time_s_ = 0.0;
  double elapsed_s_ = 0.0;
  std::uint64_t rows_not_later_ = 0;
};

}  // namespace epsilond::agent
