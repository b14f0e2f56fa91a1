#pragma once
// How odd is each feature given all the others? Features that move together are one thing counted several times, and a
// feature that no longer follows its companions is odd at a value that is none by itself.
//
// Formula: C, the average of clamp(z, 4) clamp(z, 4)' under exponential forgetting; R its correlations, shrunk towards
// none by l = max(0.5, min(0.9, d / n)): R <- (1 - l) R + l I; P = R^-1; w_i = (P z)_i / sqrt(P_ii), z within 30: the
// conditional z of feature i. Strangeness: sum of 10.5 ln(1 + w^2 / 20), a Student t with 20 degrees of freedom.
// Source: the precision matrix of a Gaussian, Lauritzen, Graphical Models, 1996, section 5.1; the numbers:
// docs/models.md, section 9. Golden data: NumPy, tests/golden/make_host_golden.py. Cost: 2 d^2 operations to score,
// d^2 to learn; d^3 when refreshed. Bytes: 16 d^2. Hazards: a feature that is absent counts as being at its mean.

#include <cstddef>
#include <vector>

#include "models/feature_lanes.h"

namespace epsilond::models {

class GivenOthers {
 public:
  // 1 .. kMaxFeatures. All storage is taken here.
  explicit GivenOthers(std::size_t feature_count);

  // `z`: one entry per feature, finite; 0 where it is absent. `gain` in (0, 1].
  void learn(const PerFeature& z, double gain);
  // Works the weights out anew. `rows`: how many the correlations rest on. Until the first call the features count as
  // unrelated.
  void refresh(double rows);
  // The strangeness of a row, >= 0.
  double strangeness(const PerFeature& z) const;
  // One feature is unrelated to the others, from the next refresh() on.
  void forget(std::size_t feature);
  void reset();

  std::size_t memory_bytes() const {
    return sizeof(*this) + (covariance_.capacity() + weights_.capacity()) * sizeof(double);
  }
  // The learned state: the covariance, and the weights as they were worked out last, which follow from an earlier one.
  std::size_t state_doubles() const { return 2 * covariance_.size(); }
  void save(double* out) const;
  // Returns false and changes nothing if `in` is no such state.
  bool load(const double* in);

 private:
  std::size_t count_;
  std::size_t stride_;              // count_, up to whole blocks of rows
  std::vector<double> covariance_;  // columns of count_; what lies below the diagonal counts
  std::vector<double> weights_;     // columns of stride_: P, row i over sqrt(P_ii); 0 below
};

}  // namespace epsilond::models
