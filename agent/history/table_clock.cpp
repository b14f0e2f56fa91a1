#include "agent/history/table_clock.h"

#include <algorithm>

namespace epsilond::agent {

void TableClock::add_time(double time_s) {
  const double step_s = time_s - last_time_s_;
  if (first_time_s_ && step_s > 0.0) steps_s_.push_back(step_s);
  if (!first_time_s_) first_time_s_ = time_s;
  last_time_s_ = time_s;
}

std::optional<double> TableClock::step_s(std::string_view time_name) const {
  if (steps_s_.empty()) return std::nullopt;
  std::vector<double> steps = steps_s_;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  const bool counts_rows = time_name == "t" && *middle == 1.0 && (*first_time_s_ == 0.0 || *first_time_s_ == 1.0);
  if (counts_rows) return std::nullopt;
  return *middle;
}

bool TableClock::is_calendar(std::string_view time_name) const {
  return step_s(time_name) && (time_name != "t" || *first_time_s_ >= kFirstClockSecond);
}

}  // namespace epsilond::agent
