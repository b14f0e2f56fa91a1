#pragma once
// The time between the rows of a table, from their time column.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/history/row_source.h"

namespace epsilond::agent {

// A time in column `t` below this (1973) counts from somewhere else than 1970.
inline constexpr double kFirstClockSecond = 1e8;
// Beyond this (2255), nanoseconds since 1970 do not fit 64 bits.
inline constexpr double kLastClockSecond = 9e9;

class TableClock {
 public:
  // One row after the other.
  void add(const TableRow& row) {
    if (row.has_time && steps_s_.size() < kMaxSteps) add_time(row.time_s);
  }
  // The median step in seconds. Nothing where the rows have no time, or where `t` numbers the rows (0, 1, 2, ... or 1, 2,
  // 3, ...) and is no clock.
  std::optional<double> step_s(std::string_view time_name) const;
  // True if there is a step and the times are Unix times, as far as one can tell.
  bool is_calendar(std::string_view time_name) const;

 private:
  static constexpr std::size_t kMaxSteps = 65536;  // the median of so many is that of the table
  void add_time(double time_s);

  std::vector<double> steps_s_;
  std::optional<double> first_time_s_;
  double last_time_s_ = 0.0;
};

}  // namespace epsilond::agent
