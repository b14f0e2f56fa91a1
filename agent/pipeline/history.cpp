#include "agent/pipeline/history.h"

#include <limits>

#include "platform/seconds.h"

namespace epsilond::agent {

History::History(std::size_t rows, std::size_t features, std::size_t notes)
    : features_(features), width_(features + notes), values_(rows * width_, 0.0F), times_(rows, 0.0) {
  for (std::size_t i = 0; i < features; ++i) all_.set(i);
}

void History::push(const Readings& readings, std::chrono::nanoseconds wall) {
  float* row = values_.data() + next_ * width_;
  for (std::size_t i = 0; i < features_; ++i) row[i] = static_cast<float>(readings.values[i]);
  if ((readings.present & all_) != all_) {
    for (std::size_t i = 0; i < features_; ++i)
      if (!readings.present[i]) row[i] = std::numeric_limits<float>::quiet_NaN();
  }
  for (std::size_t i = features_; i < width_; ++i) row[i] = std::numeric_limits<float>::quiet_NaN();
  times_[next_] = platform::seconds_of(wall);
  next_ = next_ + 1 == times_.size() ? 0 : next_ + 1;
  if (size_ < times_.size()) ++size_;
  ++pushed_;
}

float History::value(std::size_t age, std::size_t feature) const { return values_[row_at(age) * width_ + feature]; }

std::size_t History::memory_bytes() const { return memory_bytes_for(capacity(), width_); }

std::size_t History::memory_bytes_for(std::size_t rows, std::size_t features) {
  return rows * (features * sizeof(float) + sizeof(double));
}

}  // namespace epsilond::agent
