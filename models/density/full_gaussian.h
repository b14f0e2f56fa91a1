#pragma once
// One Gaussian with a full covariance: how likely is a row, how far is it from the mean, and how odd is each feature
// given all the others?
//
// Formula: covariance S = L L' (Cholesky), W = L^-1, y = W (x - mean); squared Mahalanobis distance = y'y; log density
// = -y'y / 2 + sum of ln W_ii - size ln(2 pi) / 2. With P = S^-1 = W'W, feature i given all others is Gaussian with
// precision P_ii, and w_i = (P (x - mean))_i / sqrt(P_ii) is its z there. (x_i - mean_i)(P (x - mean))_i is its part of
// the squared distance; the parts add up to it and may be negative. The marginal over some of the features has the rows
// and columns of theirs.
// Source: P. C. Mahalanobis, On the generalised distance in statistics, Proc. Nat. Inst. Sci. India 2, 1936; the
// conditional form from S. L. Lauritzen, Graphical Models, 1996, section 5.1.
// Golden data: scipy.stats.multivariate_normal, tests/golden/make_density_golden.py; agreement to 1e-9 relative.
// Cost for n features: n^2 operations per density, 2 n^2 with the parts, about 2/3 n^3 to set (64 features: 0.2
// million).
// Bytes: 8 n (n + 2). Hazards: W is as unsure as S is near singular, so a covariance is refused where a feature is, to
// one part in 10^11 of its variance, a linear function of those before it. A density has units.

#include <cstddef>
#include <span>
#include <vector>

#include "models/observation.h"

namespace epsilond::models {

// The lower triangle of a symmetric matrix, row by row.
constexpr std::size_t packed_size(std::size_t rows) { return rows * (rows + 1) / 2; }
constexpr std::size_t packed_at(std::size_t row, std::size_t column) {
  return packed_size(row) + column;
}  // column <= row

// The inverse of the Cholesky factor of `matrix`, both packed and of `rows` rows; they may be the same storage. False
// if the matrix is not finite or not positive definite (see the hazards above); `whitener` is then undefined.
bool invert_cholesky(std::span<const double> matrix, std::size_t rows, std::span<double> whitener);

class FullGaussian {
 public:
  // Room for `capacity` features, 1 .. kMaxFeatures; a standard normal over all of them.
  explicit FullGaussian(std::size_t capacity);

  // `covariance` is packed. False, and nothing is changed, if it is refused or anything is not finite.
  bool set(std::span<const double> mean, std::span<const double> covariance);
  // The same with the correlations taken times 1 - l, for the smallest l of `shrinkage`, 1e-10, 1e-9 .. 0.1, 1 that is
  // not below `shrinkage` and is not refused; returns that l. Negative, and nothing is changed, if none will do.
  double set_shrunk(std::span<const double> mean, std::span<const double> covariance, double shrinkage);
  // Becomes the marginal of `whole` over `kept`, at least one of its features.
  void marginalise(const FullGaussian& whole, const PresenceMask& kept);

  std::size_t size() const { return size_; }
  std::span<const double> mean() const { return std::span(mean_).first(size_); }
  std::span<const double> covariance() const { return std::span(covariance_).first(packed_size(size_)); }
  std::span<const double> whitener() const { return std::span(whitener_).first(packed_size(size_)); }
  double variance(std::size_t i) const { return covariance_[packed_at(i, i)]; }
  // P_ii: 1 over the variance of feature i given all others.
  double precision(std::size_t i) const;
  double log_peak() const { return log_peak_; }  // log density at the mean
  // The mean squared distance of rows whose correlations are those of this covariance before they were taken times 1 -
  // shrinkage: (size - l sum of P_ii S_ii) / (1 - l); size without shrinkage.
  double mean_squared_distance(double shrinkage) const;

  // Of a row of size() values. At most kLargestSquare, which also stands for what is not finite.
  static constexpr double kLargestSquare = 1e300;
  double squared_distance(std::span<const double> x) const;
  double log_density(std::span<const double> x) const { return log_peak_ - 0.5 * squared_distance(x); }
  // Each feature's part of the squared distance, and its z given all others; spans of size() values.
  void parts(std::span<const double> x, std::span<double> part, std::span<double> conditional_z) const;

  std::size_t memory_bytes() const;  // owned, without sizeof

 private:
  std::size_t size_;
  std::vector<double> mean_;
  std::vector<double> covariance_;
  std::vector<double> whitener_;  // W
  double log_peak_ = 0.0;
};

// Keeps the marginal that was asked for last: rows with the same features present follow one another.
class MarginalCache {
 public:
  explicit MarginalCache(std::size_t capacity) : marginal_(capacity) {}

  // `kept`: at least one feature. The result is `whole` itself if all are kept; valid until the next call.
  const FullGaussian& of(const FullGaussian& whole, const PresenceMask& kept);
  // `whole` has changed.
  void forget() { kept_.reset(); }

  std::size_t memory_bytes() const { return marginal_.memory_bytes(); }

 private:
  PresenceMask kept_;  // none: nothing is kept
  FullGaussian marginal_;
};

// The values of the `kept` features, in order, into `out`; returns how many.
std::size_t gather(const FeatureVector& values, const PresenceMask& kept, std::span<double> out);

}  // namespace epsilond::models
