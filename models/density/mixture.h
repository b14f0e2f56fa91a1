#pragma once
// A mixture of Gaussians with full covariances: parameters and scoring.
//
// Formula: log density = ln sum over c of w_c N(x; m_c, S_c), each term as in density/full_gaussian.h, summed as max +
// ln sum of exp(term - max). The marginal over some of the features is the mixture of the marginals. BIC = -2 ln L + p
// ln n with p = k n (n + 3) / 2 + k - 1 parameters for k components of n features (G. Schwarz, Estimating the dimension
// of a model, Annals of Statistics 6(2), 1978).
// Golden data: scikit-learn GaussianMixture, tests/golden/make_density_golden.py.
// Cost for n features, k components: k (n^2 + 20) operations, and an exponential per component that counts. Bytes: 16 k
// n (n + 3). Hazards: those of FullGaussian.

#include <cstddef>
#include <span>
#include <vector>

#include "models/batch_model.h"
#include "models/density/full_gaussian.h"

namespace epsilond::models {

inline constexpr std::size_t kMaxComponents = 32;

// Room for a fixed number of components over a fixed number of features, of which the first `components` count.
struct MixtureParameters {
  MixtureParameters(std::size_t width, std::size_t most)
      : weight(most), mean(most * width), covariance(most * packed_size(width)) {}

  std::span<double> mean_of(std::size_t c) { return std::span(mean).subspan(c * width(), width()); }
  std::span<const double> mean_of(std::size_t c) const { return std::span(mean).subspan(c * width(), width()); }
  std::span<double> covariance_of(std::size_t c) {
    return std::span(covariance).subspan(c * packed_size(width()), packed_size(width()));
  }
  std::span<const double> covariance_of(std::size_t c) const {
    return std::span(covariance).subspan(c * packed_size(width()), packed_size(width()));
  }
  std::size_t width() const { return mean.size() / weight.size(); }
  std::size_t memory_bytes() const { return (weight.size() + mean.size() + covariance.size()) * sizeof(double); }

  std::size_t components = 0;
  std::vector<double> weight;
  std::vector<double> mean;
  std::vector<double> covariance;  // packed
};

double bayesian_information(double log_likelihood, std::size_t components, std::size_t width, std::size_t rows);

class Mixture {
 public:
  // `width`: 1 .. kMaxFeatures; `most` components, 1 .. kMaxComponents.
  Mixture(std::size_t width, std::size_t most);

  // False, and the mixture is empty, if a covariance is refused (full_gaussian.h) or a weight is not positive.
  // Where `least_shrinkage` is given, each covariance goes through FullGaussian::set_shrunk with its own.
  bool set(const MixtureParameters& parameters, std::span<const double> least_shrinkage = {});
  void clear() { components_ = 0; }

  std::size_t components() const { return components_; }
  double weight(std::size_t c) const { return weight_[c]; }
  const FullGaussian& component(std::size_t c) const { return gaussian_[c]; }

  // The features that a row is expected to have, at least one; all of them after set().
  void expect(const PresenceMask& expected);

  struct Density {
    double log_density = 0.0;
    double completed = 0.0;   // with what absent features that are expected count on average: see below
    std::size_t nearest = 0;  // the component that has most of the row
  };
  // Of the features in `present`, at least one and all of them expected. An absent one counts by the mean over the
  // components of what leaving it out changes in the log density of a component's own rows.
  Density density(const FeatureVector& values, const PresenceMask& present);
  // Of the present features; the marginal of component c over them.
  const FullGaussian& marginal(std::size_t c, const PresenceMask& present) {
    return cache_[c].of(gaussian_[c], present);
  }

  std::size_t memory_bytes() const;  // owned, without sizeof

 private:
  double mean_component_density(const PresenceMask& present);

  std::size_t components_ = 0;
  PresenceMask expected_;
  double expected_density_ = 0.0;  // mean_component_density(expected_)
  std::vector<double> weight_;
  std::vector<double> log_weight_;
  std::vector<FullGaussian> gaussian_;
  std::vector<MarginalCache> cache_;
};

}  // namespace epsilond::models
