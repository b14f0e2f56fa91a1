#pragma once
// The recent past of every feature, and what the models made of it: a ring of float32 rows of a size fixed at start.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/pipeline/feature_table.h"

namespace epsilond::agent {

class History {
 public:
  // Holds `rows` >= 1 rows of `features` >= 1 features, all those of a table, and of `notes` numbers beside them. Touches
  // all its memory at once, so that the resident size is the same on the first day as in the third year.
  History(std::size_t rows, std::size_t features, std::size_t notes = 0);
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // The notes of the new row are NaN.
  void push(const Readings& readings, std::chrono::nanoseconds wall);
  // Of the newest row, which there must be.
  void note(std::size_t index, double value) {
    values_[row_at(0) * width_ + features_ + index] = static_cast<float>(value);
  }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return times_.size(); }
  // Rows that were ever pushed: the newest has the number pushed() - 1.
  std::uint64_t pushed() const { return pushed_; }
  // `age` 0 is the newest row; < size(). The value is NaN where it was absent; natural units. Behind the features come
  // the notes.
  float value(std::size_t age, std::size_t feature) const;
  // Seconds since the Unix epoch.
  double time_s(std::size_t age) const { return times_[row_at(age)]; }

  std::size_t memory_bytes() const;
  static std::size_t memory_bytes_for(std::size_t rows, std::size_t features);

 private:
  std::size_t row_at(std::size_t age) const { return next_ > age ? next_ - 1 - age : next_ + times_.size() - 1 - age; }

  std::size_t features_;
  std::size_t width_;          // features and notes
  models::PresenceMask all_;   // features
  std::vector<float> values_;  // rows one behind the other, each in the table's order
  std::vector<double> times_;  // by row
  std::size_t next_ = 0;       // the row that is written next
  std::size_t size_ = 0;
  std::uint64_t pushed_ = 0;
};

}  // namespace epsilond::agent
