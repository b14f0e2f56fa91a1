#include "models/host/given_others.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/density/log_product.h"

namespace epsilond::models {
namespace {

constexpr double kLearnedWithin = 4.0;  // z
constexpr double kJudgedWithin = 30.0;
constexpr double kLeastShrinkage = 0.5;
constexpr double kMostYoungShrinkage = 0.9;
constexpr double kDegreesOfFreedom = 20.0;
constexpr double kSmallestVariance = 1e-6;

using Column = Eigen::Map<Eigen::ArrayXd>;
using ConstColumn = Eigen::Map<const Eigen::ArrayXd>;

// So many rows of the weights are added up side by side, in registers.
constexpr std::size_t kBlock = 3 * kFeatureLanes;

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

// L of A = L L', in place, below the diagonal of the column-major `matrix`, which is positive definite.
void factorise(double* matrix, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) {
    double* const column = matrix + j * n;
    for (std::size_t k = 0; k < j; ++k) {
      const double* const earlier = matrix + k * n;
      Column(column + j, index(n - j)) -= earlier[j] * ConstColumn(earlier + j, index(n - j));
    }
    Column(column + j, index(n - j)) /= std::sqrt(column[j]);
  }
}

// The columns of A^-1, `stride` apart, from L: each solves L L' x = e.
void invert(const double* factor, double* inverse, std::size_t n, std::size_t stride) {
  std::fill(inverse, inverse + n * stride, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    double* const x = inverse + j * stride;
    x[j] = 1.0;
    for (std::size_t k = j; k < n; ++k) {
      const double* const column = factor + k * n;
      x[k] /= column[k];
      for (std::size_t i = k + 1; i < n; ++i) x[i] -= x[k] * column[i];
    }
    for (std::size_t k = n; k-- > 0;) {
      const double* const column = factor + k * n;
      for (std::size_t i = k + 1; i < n; ++i) x[k] -= column[i] * x[i];
      x[k] /= column[k];
    }
  }
}

// The `count` values, each kept from -`limit` to `limit`.
PerFeature all_within(const PerFeature& values, std::size_t count, double limit) {
  PerFeature bounded;
  for (std::size_t first = 0; first < count; first += kFeatureLanes)
    put_lanes(within(lanes_of(values, first), limit), bounded, first);
  return bounded;
}

FeatureLanes student(FeatureLanes w) { return 1.0 + w * w * (1.0 / kDegreesOfFreedom); }

}  // namespace

GivenOthers::GivenOthers(std::size_t feature_count)
    : count_(feature_count),
      stride_((feature_count + kBlock - 1) / kBlock * kBlock),
      covariance_(feature_count * feature_count),
      weights_(feature_count * stride_) {
  assert(feature_count >= 1 && feature_count <= kMaxFeatures);
  reset();
}

void GivenOthers::reset() {
  std::fill(covariance_.begin(), covariance_.end(), 0.0);
  std::fill(weights_.begin(), weights_.end(), 0.0);
  for (std::size_t i = 0; i < count_; ++i) covariance_[i * count_ + i] = weights_[i * stride_ + i] = 1.0;
}

void GivenOthers::forget(std::size_t feature) {
  for (std::size_t i = 0; i < count_; ++i)
    covariance_[i * count_ + feature] = covariance_[feature * count_ + i] = i == feature ? 1.0 : 0.0;
}

void GivenOthers::learn(const PerFeature& z, double gain) {
  const PerFeature bounded = all_within(z, count_, kLearnedWithin);
  for (std::size_t j = 0; j < count_; ++j) {
    double* const column = covariance_.data() + j * count_;
    const double kept = 1.0 - gain;
    const double learned = gain * bounded[j];
    std::size_t i = j;
    for (; i + kFeatureLanes <= count_; i += kFeatureLanes)  // what lies behind the column is of the next one
      (kept * FeatureLanes::at(column + i) + learned * lanes_of(bounded, i)).put(column + i);
    if (i < count_) column[i] = kept * column[i] + learned * bounded[i];
  }
}

void GivenOthers::refresh(double rows) {
  const auto d = static_cast<double>(count_);
  const double shrinkage = std::max(kLeastShrinkage, std::min(kMostYoungShrinkage, d / std::max(rows, 1.0)));
  PerFeature scale;  // 1 / sd
  for (std::size_t i = 0; i < count_; ++i)
    scale[i] = 1.0 / std::sqrt(std::max(covariance_[i * count_ + i], kSmallestVariance));
  // The factor is worked out in the place of the covariance, which is kept above the diagonal meanwhile.
  PerFeature variances;
  for (std::size_t j = 0; j < count_; ++j) {
    variances[j] = covariance_[j * count_ + j];
    for (std::size_t i = j + 1; i < count_; ++i) {
      double& below = covariance_[j * count_ + i];
      covariance_[i * count_ + j] = below;
      below *= (1.0 - shrinkage) * scale[i] * scale[j];
    }
    covariance_[j * count_ + j] = (1.0 - shrinkage) * variances[j] * scale[j] * scale[j] + shrinkage;
  }
  factorise(covariance_.data(), count_);
  invert(covariance_.data(), weights_.data(), count_, stride_);
  for (std::size_t j = 0; j < count_; ++j) {
    for (std::size_t i = j + 1; i < count_; ++i) covariance_[j * count_ + i] = covariance_[i * count_ + j];
    covariance_[j * count_ + j] = variances[j];
  }
  PerFeature deviation;  // sqrt(P_ii)
  for (std::size_t i = 0; i < count_; ++i) deviation[i] = std::sqrt(weights_[i * stride_ + i]);
  for (std::size_t j = 0; j < count_; ++j)
    for (std::size_t i = 0; i < count_; ++i) weights_[j * stride_ + i] /= deviation[i];
}

void GivenOthers::save(double* out) const {
  out = std::copy(covariance_.begin(), covariance_.end(), out);
  for (std::size_t j = 0; j < count_; ++j) out = std::copy_n(weights_.data() + j * stride_, count_, out);
}

bool GivenOthers::load(const double* in) {
  // A covariance of numbers within 4 is within 16. No eigenvalue of R is below kLeastShrinkage, and |P_ij| is at most
  // sqrt(P_ii P_jj): no weight is beyond sqrt(P_jj) <= sqrt(2).
  constexpr double kLargestCovariance = kLearnedWithin * kLearnedWithin;
  constexpr double kLargestWeight = 1.5;
  const std::size_t size = covariance_.size();
  for (std::size_t i = 0; i < size; ++i) {
    const bool diagonal = i % (count_ + 1) == 0;
    if (!(std::fabs(in[i]) <= kLargestCovariance) || (diagonal && in[i] < 0.0)) return false;
    if (!(std::fabs(in[size + i]) <= kLargestWeight)) return false;
  }
  std::copy_n(in, size, covariance_.begin());
  for (std::size_t j = 0; j < count_; ++j) std::copy_n(in + size + j * count_, count_, weights_.data() + j * stride_);
  return true;
}

double GivenOthers::strangeness(const PerFeature& z) const {
  const PerFeature bounded = all_within(z, count_, kJudgedWithin);
  LogProduct product;
  for (std::size_t first = 0; first < count_; first += kBlock) {
    FeatureLanes a = 0.0;
    FeatureLanes b = 0.0;
    FeatureLanes c = 0.0;
    for (std::size_t j = 0; j < count_; ++j) {
      const FeatureLanes factor = bounded[j];
      const double* const weights = weights_.data() + j * stride_ + first;
      a += factor * FeatureLanes::at(weights);
      b += factor * FeatureLanes::at(weights + kFeatureLanes);
      c += factor * FeatureLanes::at(weights + 2 * kFeatureLanes);
    }
    a = student(a);
    b = student(b);
    c = student(c);
    // No eigenvalue of P is above 1 / l <= 2, so w^2 <= 2 |z|^2: a few factors are far from the largest double.
    product.multiply((a[0] * (a[1] * b[0])) * (b[1] * (c[0] * c[1])));
  }
  return 0.5 * (kDegreesOfFreedom + 1.0) * product.log();
}

}  // namespace epsilond::models
