#include "models/density/full_gaussian.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "models/elementary.h"

namespace epsilond::models {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;  // ln(2 pi) / 2
constexpr double kSmallestPivot = 1e-11;                // of the variance
constexpr double kFirstShrinkage = 1e-10;               // what a singular correlation matrix needs to pass

using Packed = std::array<double, packed_size(kMaxFeatures)>;

}  // namespace

bool invert_cholesky(std::span<const double> matrix, std::size_t rows, std::span<double> whitener) {
  double* const w = whitener.data();
  for (std::size_t i = 0; i < rows; ++i) {
    double* const row = w + packed_at(i, 0);
    const double variance = matrix[packed_at(i, i)];
    double pivot = variance;
    for (std::size_t j = 0; j < i; ++j) {
      const double* const other = w + packed_at(j, 0);
      double sum = matrix[packed_at(i, j)];
      for (std::size_t k = 0; k < j; ++k) sum -= row[k] * other[k];
      row[j] = sum / other[j];
      pivot -= row[j] * row[j];
    }
    if (!(variance > 0.0) || !std::isfinite(variance) || !(pivot > kSmallestPivot * variance)) return false;
    row[i] = std::sqrt(pivot);
  }
  // Row by row in place: what a row still needs of the factor lies in itself, to the right.
  for (std::size_t i = 0; i < rows; ++i) {
    double* const row = w + packed_at(i, 0);
    const double inverse = 1.0 / row[i];
    for (std::size_t j = 0; j < i; ++j) {
      double sum = 0.0;
      for (std::size_t k = j; k < i; ++k) sum += row[k] * w[packed_at(k, j)];
      row[j] = -sum * inverse;
    }
    row[i] = inverse;
  }
  return true;
}

FullGaussian::FullGaussian(std::size_t capacity)
    : size_(capacity), mean_(capacity), covariance_(packed_size(capacity)), whitener_(packed_size(capacity)) {
  assert(capacity >= 1 && capacity <= kMaxFeatures);
  for (std::size_t i = 0; i < capacity; ++i) covariance_[packed_at(i, i)] = whitener_[packed_at(i, i)] = 1.0;
  log_peak_ = -kHalfLog2Pi * static_cast<double>(capacity);
}

bool FullGaussian::set(std::span<const double> mean, std::span<const double> covariance) {
  const std::size_t size = mean.size();
  assert(size >= 1 && size <= mean_.size() && covariance.size() == packed_size(size));
  if (!std::all_of(mean.begin(), mean.end(), [](double m) { return std::isfinite(m); })) return false;
  Packed whitener;
  if (!invert_cholesky(covariance, size, whitener)) return false;
  size_ = size;
  std::copy(mean.begin(), mean.end(), mean_.begin());
  std::copy(covariance.begin(), covariance.end(), covariance_.begin());
  std::copy_n(whitener.begin(), packed_size(size), whitener_.begin());
  log_peak_ = -kHalfLog2Pi * static_cast<double>(size);
  for (std::size_t i = 0; i < size; ++i) log_peak_ += models::log(whitener_[packed_at(i, i)]);
  return true;
}

double FullGaussian::set_shrunk(std::span<const double> mean, std::span<const double> covariance, double shrinkage) {
  Packed shrunk;
  for (double l = shrinkage;; l = std::max(shrinkage, l < kFirstShrinkage ? kFirstShrinkage : 10.0 * l)) {
    l = std::min(l, 1.0);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) shrunk[packed_at(i, j)] = (1.0 - l) * covariance[packed_at(i, j)];
      shrunk[packed_at(i, i)] = covariance[packed_at(i, i)];
    }
    if (set(mean, std::span(shrunk).first(packed_size(mean.size())))) return l;
    if (l >= 1.0) return -1.0;
  }
}

void FullGaussian::marginalise(const FullGaussian& whole, const PresenceMask& kept) {
  std::array<double, kMaxFeatures> mean;
  Packed covariance;
  std::size_t size = 0;
  for (std::size_t i = 0; i < whole.size_; ++i) {
    if (!kept[i]) continue;
    std::size_t at = packed_at(size, 0);
    for (std::size_t j = 0; j <= i; ++j)
      if (kept[j]) covariance[at++] = whole.covariance_[packed_at(i, j)];
    mean[size++] = whole.mean_[i];
  }
  // A part of a covariance is at least as far from singular as the whole; rounding may still say otherwise at the
  // limit.
  [[maybe_unused]] const double shrinkage =
      set_shrunk(std::span(mean).first(size), std::span(covariance).first(packed_size(size)), 0.0);
  assert(shrinkage >= 0.0);
}

double FullGaussian::precision(std::size_t i) const {
  double sum = 0.0;
  for (std::size_t k = i; k < size_; ++k) sum += whitener_[packed_at(k, i)] * whitener_[packed_at(k, i)];
  return sum;
}

double FullGaussian::mean_squared_distance(double shrinkage) const {
  const auto size = static_cast<double>(size_);
  if (shrinkage <= 0.0 || shrinkage >= 1.0) return size;
  double weighted = 0.0;
  for (std::size_t i = 0; i < size_; ++i) weighted += precision(i) * variance(i);
  return (size - shrinkage * weighted) / (1.0 - shrinkage);
}

double FullGaussian::squared_distance(std::span<const double> x) const {
  std::array<double, kMaxFeatures> centred;
  for (std::size_t i = 0; i < size_; ++i) centred[i] = x[i] - mean_[i];
  double square = 0.0;
  std::size_t i = 0;
  // Two at a time, whose sums do not wait for each other.
  for (; i + 1 < size_; i += 2) {
    const double* const upper = whitener_.data() + packed_at(i, 0);
    const double* const lower = upper + i + 1;
    double y = 0.0;
    double z = 0.0;
    for (std::size_t j = 0; j <= i; ++j) {
      y += upper[j] * centred[j];
      z += lower[j] * centred[j];
    }
    z += lower[i + 1] * centred[i + 1];
    square += y * y + z * z;
  }
  if (i < size_) {
    const double* const last = whitener_.data() + packed_at(i, 0);
    double y = 0.0;
    for (std::size_t j = 0; j <= i; ++j) y += last[j] * centred[j];
    square += y * y;
  }
  return square < kLargestSquare ? square : kLargestSquare;
}

void FullGaussian::parts(std::span<const double> x, std::span<double> part, std::span<double> conditional_z) const {
  std::array<double, kMaxFeatures> pull{};  // P (x - mean)
  std::array<double, kMaxFeatures> precision{};
  for (std::size_t i = 0; i < size_; ++i) {
    const double* const row = whitener_.data() + packed_at(i, 0);
    double y = 0.0;
    for (std::size_t j = 0; j <= i; ++j) y += row[j] * (x[j] - mean_[j]);
    for (std::size_t j = 0; j <= i; ++j) {
      pull[j] += row[j] * y;
      precision[j] += row[j] * row[j];
    }
  }
  for (std::size_t i = 0; i < size_; ++i) {
    part[i] = (x[i] - mean_[i]) * pull[i];
    conditional_z[i] = pull[i] / std::sqrt(precision[i]);
  }
}

std::size_t FullGaussian::memory_bytes() const {
  return (mean_.capacity() + covariance_.capacity() + whitener_.capacity()) * sizeof(double);
}

const FullGaussian& MarginalCache::of(const FullGaussian& whole, const PresenceMask& kept) {
  if (kept.count() == whole.size()) return whole;
  if (kept != kept_) {
    marginal_.marginalise(whole, kept);
    kept_ = kept;
  }
  return marginal_;
}

std::size_t gather(const FeatureVector& values, const PresenceMask& kept, std::span<double> out) {
  std::size_t count = 0;
  for (Eigen::Index i = 0; i < values.size(); ++i)
    if (kept[static_cast<std::size_t>(i)]) out[count++] = values[i];
  return count;
}

}  // namespace epsilond::models
