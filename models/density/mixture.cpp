#include "models/density/mixture.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "models/elementary.h"

namespace epsilond::models {
namespace {

constexpr double kNegligible = -40.0;  // e^-40 of the largest term is below half a unit in its last place

}  // namespace

double bayesian_information(double log_likelihood, std::size_t components, std::size_t width, std::size_t rows) {
  const auto k = static_cast<double>(components);
  const auto n = static_cast<double>(width);
  const double parameters = 0.5 * k * n * (n + 3.0) + k - 1.0;
  return -2.0 * log_likelihood + parameters * models::log(static_cast<double>(rows));
}

Mixture::Mixture(std::size_t width, std::size_t most)
    : weight_(most), log_weight_(most), gaussian_(most, FullGaussian(width)), cache_(most, MarginalCache(width)) {
  assert(most >= 1 && most <= kMaxComponents);
}

bool Mixture::set(const MixtureParameters& parameters, std::span<const double> least_shrinkage) {
  components_ = 0;
  for (std::size_t c = 0; c < parameters.components; ++c) {
    weight_[c] = parameters.weight[c];
    if (!(weight_[c] > 0.0)) return false;
    log_weight_[c] = models::log(weight_[c]);
    const std::span<const double> mean = parameters.mean_of(c);
    const std::span<const double> covariance = parameters.covariance_of(c);
    const bool taken = least_shrinkage.empty() ? gaussian_[c].set(mean, covariance)
                                               : gaussian_[c].set_shrunk(mean, covariance, least_shrinkage[c]) >= 0.0;
    if (!taken) return false;
    cache_[c].forget();
  }
  components_ = parameters.components;
  PresenceMask all;
  for (std::size_t i = 0; i < parameters.width(); ++i) all.set(i);
  expect(all);
  return true;
}

void Mixture::expect(const PresenceMask& expected) {
  expected_ = expected;
  expected_density_ = mean_component_density(expected);
}

double Mixture::mean_component_density(const PresenceMask& present) {
  double sum = 0.0;
  for (std::size_t c = 0; c < components_; ++c) {
    const FullGaussian& gaussian = marginal(c, present);
    sum += weight_[c] * (gaussian.log_peak() - 0.5 * static_cast<double>(gaussian.size()));
  }
  return sum;
}

Mixture::Density Mixture::density(const FeatureVector& values, const PresenceMask& present) {
  assert(components_ > 0 && present.any());
  std::array<double, kMaxFeatures> gathered;
  std::span<const double> x(values.data(), static_cast<std::size_t>(values.size()));
  const bool whole = present.count() == x.size();
  if (!whole) x = std::span(gathered).first(gather(values, present, gathered));
  Density out;
  std::array<double, kMaxComponents> term;
  for (std::size_t c = 0; c < components_; ++c) {
    const FullGaussian& gaussian = whole ? gaussian_[c] : marginal(c, present);
    term[c] = log_weight_[c] + gaussian.log_density(x);
    if (term[c] > term[out.nearest]) out.nearest = c;
  }
  double others = 0.0;
  for (std::size_t c = 0; c < components_; ++c) {
    const double below = term[c] - term[out.nearest];
    if (c != out.nearest && below > kNegligible) others += models::exp(below);
  }
  out.log_density = others > 0.0 ? term[out.nearest] + models::log1p(others) : term[out.nearest];
  out.completed = out.log_density;
  if (present != expected_) out.completed += expected_density_ - mean_component_density(present);
  return out;
}

std::size_t Mixture::memory_bytes() const {
  const std::size_t each = sizeof(FullGaussian) + sizeof(MarginalCache) + 2 * sizeof(double) +
                           gaussian_[0].memory_bytes() + cache_[0].memory_bytes();
  return gaussian_.size() * each;
}

}  // namespace epsilond::models
