#pragma once
// One Gaussian: how likely is a value, and how rare is a value at least as far from the mean.
//
// Formula: z = (x - mean) / sd; log density = -z^2 / 2 - ln sd - ln(2 pi) / 2; two-sided tail = erfc(|z| / sqrt 2).
// Source: any textbook; the "diary" form of anomaly detection is the product of these over the features.
// Golden data: scipy.stats.norm, tests/golden/make_golden.py.
// Cost: one logarithm at construction, two multiplications and a subtraction per log density. Bytes: 24.
// Hazards: a density has the unit 1/x and may exceed 1.

namespace epsilond::models {

inline constexpr double kHalfLog2Pi = 0.91893853320467274178;  // ln(2 pi) / 2

// -log10 of the two-sided tail erfc(distance / sqrt 2) of the standard Gaussian, finite where that underflows (beyond
// 30 from the leading term of the asymptotic series, 2 phi(z) / z, which is then off by less than 0.0005). `distance`
// >= 0.
double standard_surprise(double distance);
// A cheaper number that is never above it and at most 0.06 below, 0.0014 from a distance of 2 on. From the upper bound
// of Mills' ratio, (1 - Phi(z)) / phi(z) < 4 / (3 z + sqrt(z^2 + 8)) (M. R. Sampford, Annals of Mathematical Statistics
// 24(1), 1953).
double standard_surprise_at_least(double distance);

class Gaussian {
 public:
  // `sd` > 0.
  Gaussian(double mean, double sd);

  double mean() const { return mean_; }
  double sd() const { return sd_; }
  double z(double x) const { return (x - mean_) / sd_; }
  // Natural log of the density at x. Not a probability: it may exceed 0.
  double log_density(double x) const {
    const double standardised = z(x);
    return log_peak_ - 0.5 * standardised * standardised;
  }
  // -log10 of how often a value falls at least as far from the mean as x does, on either side: see standard_surprise().
  double surprise(double x) const;

 private:
  double mean_;
  double sd_;
  double log_peak_;  // log density at the mean
};

}  // namespace epsilond::models
