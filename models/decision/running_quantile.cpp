#include "models/decision/running_quantile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace epsilond::models {

RunningQuantile::RunningQuantile(double quantile) : quantile_(quantile) { reset(); }

void RunningQuantile::reset() {
  count_ = 0;
  height_.fill(0.0);
  rank_ = {1.0, 2.0, 3.0, 4.0, 5.0};
  wanted_ = {1.0, 1.0 + 2.0 * quantile_, 1.0 + 4.0 * quantile_, 3.0 + 2.0 * quantile_, 5.0};
}

void RunningQuantile::adjust(std::size_t i) {
  const double off = wanted_[i] - rank_[i];
  const double room_above = rank_[i + 1] - rank_[i];
  const double room_below = rank_[i - 1] - rank_[i];
  if (!(off >= 1.0 && room_above > 1.0) && !(off <= -1.0 && room_below < -1.0)) return;
  const double step = off > 0.0 ? 1.0 : -1.0;
  const double slope_above = (height_[i + 1] - height_[i]) / room_above;
  const double slope_below = (height_[i] - height_[i - 1]) / -room_below;
  const double parabola = height_[i] + step / (rank_[i + 1] - rank_[i - 1]) *
                                           ((step - room_below) * slope_above + (room_above - step) * slope_below);
  const bool between = height_[i - 1] < parabola && parabola < height_[i + 1];
  height_[i] = between ? parabola : height_[i] + step * (step > 0.0 ? slope_above : slope_below);
  rank_[i] += step;
}

void RunningQuantile::add(double value) {
  if (!std::isfinite(value)) return;
  if (count_ < 5) {
    height_[static_cast<std::size_t>(count_++)] = value;
    std::sort(height_.begin(), height_.begin() + static_cast<std::ptrdiff_t>(count_));
    return;
  }
  ++count_;
  height_[0] = std::min(height_[0], value);
  height_[4] = std::max(height_[4], value);
  for (std::size_t i = 1; i < 5; ++i)
    if (i == 4 || value < height_[i]) rank_[i] += 1.0;
  const std::array<double, 5> growth = {0.0, quantile_ / 2.0, quantile_, (1.0 + quantile_) / 2.0, 1.0};
  for (std::size_t i = 0; i < 5; ++i) wanted_[i] += growth[i];
  for (std::size_t i = 1; i < 4; ++i) adjust(i);
}

double RunningQuantile::value() const {
  if (count_ == 0) return 0.0;
  if (count_ > 5) return height_[2];
  // Type 7 of Hyndman and Fan, the one NumPy uses.
  const double position = quantile_ * static_cast<double>(count_ - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, static_cast<std::size_t>(count_ - 1));
  return height_[below] + (position - static_cast<double>(below)) * (height_[above] - height_[below]);
}

}  // namespace epsilond::models
