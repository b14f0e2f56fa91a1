#include "agent/pipeline/history.h"

#include <limits>

namespace epsilond::agent {

History::History(std::size_t rows)
    : value_storage_(rows * features().size(), 0.0F), time_storage_(rows, 0.0), values_(value_storage_), times_(time_storage_) {}

void History::push(const Readings& readings, std::chrono::nanoseconds wall) {
  for (std::size_t i = 0; i < features().size(); ++i)
    values_.push(readings.present.test(i) ? static_cast<float>(readings.values[i]) : std::numeric_limits<float>::quiet_NaN());
  times_.push(std::chrono::duration<double>(wall).count());
}

float History::value(std::size_t age, std::size_t feature) const {
  const std::size_t width = features().size();
  return values_.at_age(age * width + (width - 1 - feature));
}

std::size_t History::memory_bytes() const { return memory_bytes_for(capacity()); }

std::size_t History::memory_bytes_for(std::size_t rows) {
  return rows * (features().size() * sizeof(float) + sizeof(double));
}

}  // namespace epsilond::agent
