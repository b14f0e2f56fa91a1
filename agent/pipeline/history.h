#pragma once
// The recent past of every feature: a ring of float32 rows of a size fixed at start.

#include <chrono>
#include <cstddef>
#include <vector>

#include "agent/pipeline/feature_table.h"
#include "models/ring_buffer.h"

namespace epsilond::agent {

class History {
 public:
  // Holds `rows` >= 1 rows of every feature of the table. Touches all its memory at once, so that the resident size is
  // the same on the first day as in the third year.
  explicit History(std::size_t rows);
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  void push(const Readings& readings, std::chrono::nanoseconds wall);

  std::size_t size() const { return times_.size(); }
  std::size_t capacity() const { return times_.capacity(); }
  // `age` 0 is the newest row; < size(). The value is NaN where it was absent; natural units.
  float value(std::size_t age, std::size_t feature) const;
  // Seconds since the Unix epoch.
  double time_s(std::size_t age) const { return times_.at_age(age); }

  std::size_t memory_bytes() const;
  static std::size_t memory_bytes_for(std::size_t rows);

 private:
  std::vector<float> value_storage_;
  std::vector<double> time_storage_;
  models::RingBuffer<float> values_;  // rows one behind the other, each in the table's order
  models::RingBuffer<double> times_;
};

}  // namespace epsilond::agent
