#include "models/density/gaussian_parts.h"

#include <array>
#include <cmath>

namespace epsilond::models {

GaussianComponent component_of(const FullGaussian& gaussian) {
  const auto size = static_cast<Eigen::Index>(gaussian.size());
  GaussianComponent component;
  component.mean.resize(size);
  component.covariance.resize(size, size);
  for (std::size_t i = 0; i < gaussian.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    component.mean[row] = gaussian.mean()[i];
    for (std::size_t j = 0; j <= i; ++j) {
      const auto column = static_cast<Eigen::Index>(j);
      component.covariance(row, column) = component.covariance(column, row) = gaussian.covariance()[packed_at(i, j)];
    }
  }
  return component;
}

void explain_by(const FullGaussian& gaussian, const FullGaussian& marginal, const Observation& row,
                const PresenceMask& kept, FeatureParts& parts) {
  const Eigen::Index size = row.values.size();
  parts.mean = parts.sd = parts.share = FeatureVector::Zero(size);
  std::array<double, kMaxFeatures> x{};
  std::array<double, kMaxFeatures> part{};
  std::array<double, kMaxFeatures> conditional_z{};
  const std::size_t count = gather(row.values, kept, x);
  if (count == 0) return;
  marginal.parts(std::span(x).first(count), part, conditional_z);
  double sum = 0.0;
  for (double& own : std::span(part).first(count)) sum += own = own > 0.0 ? own : 0.0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < gaussian.size(); ++i) {
    if (!kept[i]) continue;
    const auto to = static_cast<Eigen::Index>(i);
    parts.mean[to] = gaussian.mean()[i];
    parts.sd[to] = std::sqrt(gaussian.variance(i));
    parts.share[to] = sum > 0.0 && std::isfinite(sum) ? part[at] / sum : 0.0;
    ++at;
  }
}

}  // namespace epsilond::models
