#include "models/decision/generalised_pareto.h"

#include <algorithm>
#include <cmath>

#include "models/elementary.h"

namespace epsilond::models {
namespace {

constexpr double kShapePriorPeaks = 20.0;
constexpr double kStraightBelow = 0.1;  // of 1 + G r
constexpr double kEqualWithin = 1e-9;   // of a0: equal excesses leave no a0 - 2 a1 but rounding
constexpr double kExponentialWithin = 1e-9;
constexpr double kQuicklyExponentialWithin = 1e-4;

}  // namespace

double GeneralisedPareto::decay(double reduced) const {
  if (std::fabs(shape) <= kExponentialWithin) return reduced;
  const double straight_from = (1.0 - kStraightBelow) / -shape;
  if (shape > 0.0 || reduced <= straight_from) return models::log1p(shape * reduced) / shape;
  return models::log(kStraightBelow) / shape + (reduced - straight_from) / kStraightBelow;
}

double GeneralisedPareto::quick_decay(double reduced) const {
  if (std::fabs(shape) <= kQuicklyExponentialWithin) return reduced;
  const double left = 1.0 + shape * reduced;
  if (left >= kStraightBelow) return models::log(left) / shape;
  return models::log(kStraightBelow) / shape + (kStraightBelow - left) / (-shape * kStraightBelow);
}

GeneralisedPareto::Moments GeneralisedPareto::moments(std::span<const double> peaks, double start, double unit) {
  const auto n = static_cast<double>(peaks.size());
  Moments out;
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    const double excess = (peaks[i] - start) / unit;
    out.sum += excess;
    out.weighted += excess * (n - 1.0 - static_cast<double>(i)) / std::max(1.0, n - 1.0);
  }
  return out;
}

double GeneralisedPareto::shape_by(const Moments& moments, double of_equal) {
  const double spread = moments.sum - 2.0 * moments.weighted;
  if (!(spread > kEqualWithin * moments.sum)) return of_equal;
  return std::clamp(2.0 - moments.sum / spread, kShapeLowest, kShapeHighest);
}

GeneralisedPareto GeneralisedPareto::shrunk(double estimate, double sum, double peaks) {
  GeneralisedPareto tail;
  tail.shape = estimate * peaks / (peaks + kShapePriorPeaks);
  tail.scale = (1.0 - tail.shape) * sum / (peaks + kScalePriorPeaks);
  return tail;
}

}  // namespace epsilond::models
