#pragma once
// A fitted k-means model: how far is a vector from where the vectors of the training lie, as Netdata measures it.
//
// Formula: y = (v - mean) * scale; D(v) = mean over the k centres of the Euclidean distance of y to the centre;
//   score = (D - smallest D of the training) / (largest - smallest), so that 0 .. 1 is what the training had. If all
//   training vectors were equally far, the score is D - smallest D.
// Source: S. P. Lloyd, Least squares quantization in PCM, IEEE Transactions on Information Theory 28(2), 1982; the
// score is that of the detector of Netdata, src/ml. Golden data: scikit-learn and NumPy,
// tests/golden/make_outlier_golden.py. Cost: 3 operations per entry and centre. Bytes: 8 per entry and centre, and 24
// per entry. Hazards: a mean of distances is large between the centres of far clusters too; it is no distance to the
// nearest one.

#include <cstddef>
#include <span>
#include <vector>

#include "models/observation.h"

namespace epsilond::models {

struct KMeansDistance {
  double mean = 0.0;             // over the centres
  double nearest_squared = 0.0;  // to the nearest centre
  std::size_t nearest = 0;       // which
};

// Never allocates after construction. A NaN entry of a vector stands at the training mean.
class KMeans {
 public:
  // `entries`: consecutive entries of a vector that belong to one feature.
  KMeans(std::size_t feature_count, std::size_t entries, std::size_t clusters);
  // Out of line: inlined into every container of models they would be most of its code.
  KMeans(const KMeans& other);
  KMeans& operator=(const KMeans&) = delete;
  ~KMeans();
  void swap(KMeans& other);  // of the same shape; never allocates

  std::size_t length() const { return feature_count_ * entries_; }
  std::size_t clusters() const { return clusters_; }

  // Of every entry of the feature; all finite. A scale of 0 leaves the feature out.
  void set_scale(std::size_t feature, double mean, double scale);
  double mean(std::size_t feature) const { return mean_[feature * entries_]; }
  double scale(std::size_t feature) const { return scale_[feature * entries_]; }
  // In the domain of y.
  void set_centre(std::size_t cluster, std::size_t entry, double value) { centres_[place(cluster, entry)] = value; }
  double centre(std::size_t cluster, std::size_t entry) const { return centres_[place(cluster, entry)]; }
  // Smallest and largest mean distance of the training.
  void set_range(double smallest, double largest);
  double smallest() const { return smallest_; }
  double largest() const { return largest_; }

  KMeansDistance distance(std::span<const double> vector) const;
  double score(double mean_distance) const { return (mean_distance - smallest_) / range_; }
  // Adds each feature's part of the squared distance of `vector` to the centre `cluster`; `part` has the feature count.
  void add_parts(std::span<const double> vector, std::size_t cluster, FeatureVector& part) const;

  std::size_t memory_bytes() const;

 private:
  // Centres lie in pairs, entry by entry, so that two distances grow side by side.
  std::size_t place(std::size_t cluster, std::size_t entry) const {
    return ((cluster / 2) * length() + entry) * 2 + cluster % 2;
  }
  void standardise(std::span<const double> vector) const;

  std::size_t feature_count_;
  std::size_t entries_;
  std::size_t clusters_;
  std::vector<double> mean_;  // per entry
  std::vector<double> scale_;
  std::vector<double> centres_;
  mutable std::vector<double> standardised_;  // scratch
  double smallest_ = 0.0;
  double largest_ = 0.0;
  double range_ = 1.0;
};

}  // namespace epsilond::models
