#include "models/density/product_density.h"

#include <cmath>

#include "models/density/gaussian.h"

namespace epsilond::models {

ProductDensity::ProductDensity(std::size_t feature_count)
    : feature_count_(feature_count),
      mean_(FeatureVector::Zero(static_cast<Eigen::Index>(feature_count))),
      sd_(FeatureVector::Ones(static_cast<Eigen::Index>(feature_count))),
      log_peak_(FeatureVector::Zero(static_cast<Eigen::Index>(feature_count))) {}

void ProductDensity::add(const FeatureVector& values, const PresenceMask& present) {
  ++row_count_;
  for (std::size_t i = 0; i < feature_count_; ++i) {
    const double value = values[static_cast<Eigen::Index>(i)];
    if (present[i] && std::isfinite(value)) moments_[i].add(value);
  }
}

void ProductDensity::finish(double variance_floor_when_zero) {
  for (std::size_t i = 0; i < feature_count_; ++i) {
    const RunningMoments& moments = moments_[i];
    const double variance = moments.variance() > 0.0 ? moments.variance() : variance_floor_when_zero;
    const Gaussian gaussian(moments.mean(), std::sqrt(variance));
    const auto row = static_cast<Eigen::Index>(i);
    seen_.set(i, moments.count() > 0);
    mean_[row] = gaussian.mean();
    sd_[row] = gaussian.sd();
    log_peak_[row] = gaussian.log_density(gaussian.mean());
  }
}

double ProductDensity::term(std::size_t i, const FeatureVector& values, const PresenceMask& present) const {
  const auto row = static_cast<Eigen::Index>(i);
  if (!present[i] || !seen_[i] || !std::isfinite(values[row])) return 0.0;
  const double z = (values[row] - mean_[row]) / sd_[row];
  return log_peak_[row] - 0.5 * z * z;
}

double ProductDensity::log_density(const FeatureVector& values, const PresenceMask& present) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < feature_count_; ++i) sum += term(i, values, present);
  return sum;
}

void ProductDensity::log_density_per_feature(const FeatureVector& values, const PresenceMask& present,
                                             FeatureVector& out) const {
  out.resize(static_cast<Eigen::Index>(feature_count_));
  for (std::size_t i = 0; i < feature_count_; ++i) out[static_cast<Eigen::Index>(i)] = term(i, values, present);
}

}  // namespace epsilond::models
