#pragma once
// Mean and co-moments of rows, in one pass.
//
// Formula, as offsets from the first row: d = x - mean; mean += d / n; C_ij += d_i (x_j - new mean_j).
// Source: B. P. Welford, Technometrics 4(3), 1962, in the form for two variables of P. Pebay, Sandia report
// SAND2008-6212.
// Cost: n (n + 3) operations for n features. Bytes: 8 n (n + 5) / 2. Hazards: never from sums of squares; the offset
// keeps a mean near 8e12 exact (baseline/running_moments.h).

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace epsilond::models {

class CoMoments {
 public:
  explicit CoMoments(std::size_t width)
      : origin_(width), mean_(width), delta_(width), products_(width * (width + 1) / 2) {}

  // `row` has `width` finite values.
  void add(std::span<const double> row) {
    if (rows_++ == 0) origin_.assign(row.begin(), row.end());
    const double share = 1.0 / static_cast<double>(rows_);
    double* product = products_.data();
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const double offset = row[i] - origin_[i];
      delta_[i] = offset - mean_[i];
      mean_[i] += share * delta_[i];
      const double after = offset - mean_[i];
      for (std::size_t j = 0; j <= i; ++j) product[j] += delta_[j] * after;
      product += i + 1;
    }
  }
  void reset() {
    rows_ = 0;
    mean_.assign(mean_.size(), 0.0);
    products_.assign(products_.size(), 0.0);
  }

  std::uint64_t rows() const { return rows_; }
  double mean(std::size_t i) const { return origin_[i] + mean_[i]; }
  // Maximum likelihood: divisor n; the lower triangle, row by row (packed_at). At least one row.
  double covariance(std::size_t at) const { return products_[at] / static_cast<double>(rows_); }

 private:
  std::uint64_t rows_ = 0;
  std::vector<double> origin_;
  std::vector<double> mean_;  // less the origin
  std::vector<double> delta_;
  std::vector<double> products_;
};

}  // namespace epsilond::models
