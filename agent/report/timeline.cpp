#include "agent/report/timeline.h"

#include <cmath>

namespace epsilond::agent {

void Extremes::add(double value) {
  if (values++ == 0) {
    low = high = value;
  } else if (value < low) {
    low = value;
    low_first = false;
  } else if (value > high) {
    high = value;
    low_first = true;
  }
}

void Extremes::merge(const Extremes& later) {
  if (later.values == 0) return;
  if (values == 0) {
    *this = later;
    return;
  }
  const bool new_low = later.low < low;
  const bool new_high = later.high > high;
  if (new_low && new_high)
    low_first = later.low_first;
  else if (new_low || new_high)
    low_first = new_high;
  if (new_low) low = later.low;
  if (new_high) high = later.high;
  values += later.values;
}

void TimelineCell::merge(const TimelineCell& later) {
  usual.merge(later.usual);
  flagged.merge(later.flagged);
  mean_sum += later.mean_sum;
  sd_sum += later.sd_sum;
  band_rows += later.band_rows;
}

void TimelineSpan::merge(const TimelineSpan& later) {
  const bool usual = flagged_rows < rows;
  const bool later_usual = later.flagged_rows < later.rows;
  if (later_usual && !usual) first_usual = later.first_usual;
  if (later_usual || !usual) last_usual = later.last_usual;
  last = later.last;
  rows += later.rows;
  flagged_rows += later.flagged_rows;
}

void Timeline::begin_row(std::uint64_t row, double time_s, bool flagged) {
  flagged_ = flagged;
  const bool full = spans_.empty() || spans_.back().rows == rows_per_bucket_;
  if (full && spans_.size() == kMaxBuckets) merge_pairs();
  const Moment now{row, time_s};
  const TimelineSpan one{now, now, now, now, 1, flagged ? 1U : 0U};
  if (full) {
    spans_.push_back(one);
    cells_.resize(cells_.size() + series_);
  } else {
    spans_.back().merge(one);
  }
}

void Timeline::add(std::size_t series, double value) {
  if (!std::isfinite(value)) return;
  TimelineCell& cell = cells_[(spans_.size() - 1) * series_ + series];
  (flagged_ ? cell.flagged : cell.usual).add(value);
}

void Timeline::add_band(std::size_t series, double mean, double sd) {
  if (!std::isfinite(mean) || !std::isfinite(sd) || sd < 0.0) return;
  TimelineCell& cell = cells_[(spans_.size() - 1) * series_ + series];
  cell.mean_sum += mean;
  cell.sd_sum += sd;
  ++cell.band_rows;
}

void Timeline::merge_pairs() {
  for (std::size_t pair = 0; pair < kMaxBuckets / 2; ++pair) {
    TimelineSpan span = spans_[2 * pair];
    span.merge(spans_[2 * pair + 1]);
    spans_[pair] = span;
    for (std::size_t i = 0; i < series_; ++i) {
      TimelineCell cell = cells_[2 * pair * series_ + i];
      cell.merge(cells_[(2 * pair + 1) * series_ + i]);
      cells_[pair * series_ + i] = cell;
    }
  }
  spans_.resize(kMaxBuckets / 2);
  cells_.resize(kMaxBuckets / 2 * series_);
  rows_per_bucket_ *= 2;
}

}  // namespace epsilond::agent
