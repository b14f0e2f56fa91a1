#include "models/outlier/kmeans.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "models/lanes.h"

namespace epsilond::models {

KMeans::KMeans(std::size_t feature_count, std::size_t entries, std::size_t clusters)
    : feature_count_(feature_count),
      entries_(entries),
      clusters_(clusters),
      mean_(length(), 0.0),
      scale_(length(), 1.0),
      centres_((clusters + 1) / 2 * 2 * length(), 0.0),
      standardised_(length(), 0.0) {
  assert(feature_count >= 1 && feature_count <= kMaxFeatures && entries >= 1 && clusters >= 1);
}

KMeans::KMeans(const KMeans& other) = default;
KMeans::~KMeans() = default;

void KMeans::swap(KMeans& other) {
  assert(length() == other.length() && clusters_ == other.clusters_);
  mean_.swap(other.mean_);
  scale_.swap(other.scale_);
  centres_.swap(other.centres_);
  std::swap(smallest_, other.smallest_);
  std::swap(largest_, other.largest_);
  std::swap(range_, other.range_);
}

void KMeans::set_scale(std::size_t feature, double mean, double scale) {
  for (std::size_t entry = feature * entries_; entry < (feature + 1) * entries_; ++entry) {
    mean_[entry] = mean;
    scale_[entry] = scale;
  }
}

void KMeans::set_range(double smallest, double largest) {
  smallest_ = smallest;
  largest_ = largest;
  range_ = largest > smallest ? largest - smallest : 1.0;
}

void KMeans::standardise(std::span<const double> vector) const {
  assert(vector.size() == length());
  for (std::size_t entry = 0; entry < vector.size(); ++entry) {
    const double value = (vector[entry] - mean_[entry]) * scale_[entry];
    standardised_[entry] = std::isnan(value) ? 0.0 : value;
  }
}

KMeansDistance KMeans::distance(std::span<const double> vector) const {
  standardise(vector);
  KMeansDistance out;
  out.nearest_squared = std::numeric_limits<double>::infinity();
  const double* pair = centres_.data();
  for (std::size_t cluster = 0; cluster < clusters_; ++cluster) {
    DoubleLanes squared = 0.0;
    for (const double value : standardised_) {
      const DoubleLanes away = value - DoubleLanes::at(pair);
      squared += away * away;
      pair += 2;
    }
    const auto count = [&](double square) {
      out.mean += std::sqrt(square);
      if (square >= out.nearest_squared) return;
      out.nearest_squared = square;
      out.nearest = cluster;
    };
    count(squared[0]);
    if (++cluster < clusters_) count(squared[1]);
  }
  out.mean /= static_cast<double>(clusters_);
  return out;
}

void KMeans::add_parts(std::span<const double> vector, std::size_t cluster, FeatureVector& part) const {
  standardise(vector);
  for (std::size_t entry = 0; entry < length(); ++entry) {
    const double away = standardised_[entry] - centre(cluster, entry);
    part[static_cast<Eigen::Index>(entry / entries_)] += away * away;
  }
}

std::size_t KMeans::memory_bytes() const {
  return (mean_.capacity() + scale_.capacity() + centres_.capacity() + standardised_.capacity()) * sizeof(double);
}

}  // namespace epsilond::models
