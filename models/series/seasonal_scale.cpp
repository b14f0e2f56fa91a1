#include "models/series/seasonal_scale.h"

#include <algorithm>
#include <cmath>

#include "models/learned_bounds.h"

namespace epsilond::models {
namespace {

constexpr double kFewest = 6.0;
constexpr double kPrior = 60.0;        // statistics that g is worth in an hour's second moment
constexpr double kYoung = 3.0;         // an estimate from n / length independent statistics is that unsure
constexpr double kMostPerHour = 50.0;  // statistics that an hour remembers

}  // namespace

double SeasonalScale::sigma(std::size_t hour, double smallest, const Settings& settings) const {
  if (count_ < kFewest) return INFINITY;
  double largest = squares_;
  for (const std::size_t near : {hour + kHours - 1, hour, hour + 1}) {
    const double count = hour_counts_[near % kHours];
    largest = std::max(largest, (hour_squares_[near % kHours] * count + kPrior * squares_) / (count + kPrior));
  }
  const double young = std::sqrt(1.0 + kYoung * settings.length / count_);
  return std::max(std::sqrt(largest) * young, smallest);
}

void SeasonalScale::learn(std::size_t hour, double statistic, const Settings& settings) {
  const double square = statistic * statistic;
  count_ += 1.0;
  squares_ += std::max(settings.smallest_gain, 1.0 / count_) * (square - squares_);
  double& count = hour_counts_[hour];
  count += 1.0;
  hour_squares_[hour] += std::max(1.0 / kMostPerHour, 1.0 / count) * (square - hour_squares_[hour]);
  count = std::min(count, kMostPerHour);
}

bool SeasonalScale::plausible() const {
  bool fine = is_square(squares_) && is_count(count_);
  for (std::size_t hour = 0; hour < kHours; ++hour)
    fine = fine && is_square(hour_squares_[hour]) && hour_counts_[hour] >= 0.0 && hour_counts_[hour] <= kMostPerHour;
  return fine;
}

}  // namespace epsilond::models
