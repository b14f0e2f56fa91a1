#include "models/density/gaussian.h"

#include <cmath>
#include <numbers>

#include "models/elementary.h"

namespace epsilond::models {
namespace {

constexpr double kAsymptoticFrom = 30.0;

}  // namespace

double standard_surprise(double distance) {
  if (distance < kAsymptoticFrom)
    return -models::log(models::erfc(distance / std::numbers::sqrt2)) / std::numbers::ln10;
  return 0.5 * distance * distance / std::numbers::ln10 + models::log10(distance) +
         0.5 * models::log10(0.5 * std::numbers::pi);
}

double standard_surprise_at_least(double distance) {
  if (!(distance < kAsymptoticFrom)) return standard_surprise(distance);
  // Of 8 / sqrt(2 pi), a little more than what is exact, so that rounding cannot lift it above the surprise.
  constexpr double kTwoSides = 3.19153824321147;
  const double mills = kTwoSides / (3.0 * distance + std::sqrt(distance * distance + 8.0));
  return (0.5 * distance * distance - models::log(mills)) / std::numbers::ln10;
}

Gaussian::Gaussian(double mean, double sd) : mean_(mean), sd_(sd), log_peak_(-models::log(sd) - kHalfLog2Pi) {}

double Gaussian::surprise(double x) const { return standard_surprise(std::fabs(z(x))); }

}  // namespace epsilond::models
