#pragma once
// Time series of any length in fixed memory: buckets of 2^k consecutive rows that keep the extremes of each series.
//
// Once kMaxBuckets are full, neighbours are merged in pairs and k grows by one, so that a series always has between
// kMaxBuckets / 2 and kMaxBuckets buckets. Extremes of rows that are flagged and of those that are not are kept apart:
// no spike is lost, and none hides another.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace epsilond::agent {

// The lowest and highest of some values, and which of the two came first.
struct Extremes {
  double low = 0.0;  // 0 while there is no value
  double high = 0.0;
  std::uint64_t values = 0;
  bool low_first = true;

  void add(double value);
  void merge(const Extremes& later);
  double early() const { return low_first ? low : high; }
  double late() const { return low_first ? high : low; }
};

// One series in one bucket.
struct TimelineCell {
  Extremes usual;  // of the rows that are not flagged
  Extremes flagged;
  double mean_sum = 0.0;  // over the rows with a usual band
  double sd_sum = 0.0;
  std::uint64_t band_rows = 0;

  void merge(const TimelineCell& later);
};

struct Moment {
  std::uint64_t row = 0;
  double time_s = 0.0;
};

// The rows of one bucket.
struct TimelineSpan {
  Moment first;
  Moment last;
  Moment first_usual;  // of the rows that are not flagged; those of all rows while there is none
  Moment last_usual;
  std::uint64_t rows = 0;
  std::uint64_t flagged_rows = 0;

  void merge(const TimelineSpan& later);
};

// Bytes: at most kMaxBuckets * (80 + 72 * series), 19 MB for 64 features; grows up to that.
class Timeline {
 public:
  static constexpr std::size_t kMaxBuckets = 4096;  // even

  // `series`: how many, >= 1.
  explicit Timeline(std::size_t series) : series_(series) {}

  // Opens the next row; `row` grows from call to call, time_s is kept as it is.
  void begin_row(std::uint64_t row, double time_s, bool flagged);
  // The value of one series in the row begun last; not called where it is absent. A value that is not finite is absent.
  void add(std::size_t series, double value);
  // What would have been usual there. Ignored unless both are finite and sd is not negative.
  void add_band(std::size_t series, double mean, double sd);

  std::size_t buckets() const { return spans_.size(); }
  // A power of two; the last bucket may hold fewer.
  std::uint64_t rows_per_bucket() const { return rows_per_bucket_; }
  const TimelineSpan& span(std::size_t bucket) const { return spans_[bucket]; }
  const TimelineCell& cell(std::size_t bucket, std::size_t series) const { return cells_[bucket * series_ + series]; }

 private:
  void merge_pairs();

  std::size_t series_;
  std::uint64_t rows_per_bucket_ = 1;
  bool flagged_ = false;  // the row begun last
  std::vector<TimelineSpan> spans_;
  std::vector<TimelineCell> cells_;  // bucket by bucket
};

}  // namespace epsilond::agent
