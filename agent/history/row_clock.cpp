#include "agent/history/row_clock.h"

namespace epsilond::agent {

void RowClock::advance(const TableRow& row) {
  const double before_s = time_s_;
  if (!has_clock_)
    time_s_ = static_cast<double>(row.row) * interval_s_;
  else
    time_s_ = row.has_time ? row.time_s : before_s + interval_s_;
  elapsed_s_ = time_s_ - before_s;
  if (first_) {
    first_ = false;
    elapsed_s_ = interval_s_;
  } else if (!(elapsed_s_ > 0.0)) {
    ++rows_not_later_;
    elapsed_s_ = interval_s_;
  }
}

}  // namespace epsilond::agent
