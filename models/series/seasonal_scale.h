#pragma once
// The size that a statistic of a series usually has, by hour of the day.
//
// Formula: g = mean of d^2 over all that was learned, or with exponential forgetting at the rate `smallest_gain`; v_b =
// the same per hour of day, at the rate max(0.02, 1 / n_b), n_b counted up to 50; shrunk v'_b = (v_b n_b + 60 g) / (n_b
// + 60). sigma^2 = max(g, v' of the hour and of both its neighbours) (1 + 3 length / n). A plain second moment, moved
// by the spikes of the past, is what keeps a spiky series quiet: no clipping here. Source: own work; its numbers:
// docs/models.md, section 9. Cost: three divisions and two roots to ask, two divisions to learn. Bytes: 400. Hazards:
// says nothing about the first six statistics; d^2 must be finite.

#include <array>
#include <cstddef>

namespace epsilond::models {

class SeasonalScale {
 public:
  static constexpr std::size_t kHours = 24;

  struct Settings {
    double smallest_gain = 0.0;  // of the newest d^2 in g, in [0, 1]; 0 = a plain mean
    double length = 1.0;         // samples in the window that the statistic is made of: neighbours share that many
  };

  // sigma, never below `smallest`, which is > 0; infinite while fewer than six statistics were learned.
  double sigma(std::size_t hour, double smallest, const Settings& settings) const;
  void learn(std::size_t hour, double statistic, const Settings& settings);
  // False for what no finite statistics leave behind, such as a damaged file.
  bool plausible() const;

 private:
  double count_ = 0.0;
  double squares_ = 0.0;
  std::array<double, kHours> hour_squares_{};
  std::array<double, kHours> hour_counts_{};
};

}  // namespace epsilond::models
