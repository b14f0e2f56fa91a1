#pragma once
// One quantile of a stream in constant memory: the P2 algorithm.
//
// Formula: five markers (smallest, q/2, q, (1+q)/2, largest) are moved by at most one rank per value, their heights by
// the parabola through the neighbours, or by a straight line where the parabola would cross one. Source: R. Jain and I.
// Chlamtac, The P2 algorithm for dynamic calculation of quantiles and histograms without storing observations,
// Communications of the ACM 28(10), 1985. Cost: about 40 operations per value. Bytes: 136. Hazards: there is no error
// bound; the estimate of an extreme quantile is coarse until a few values lie beyond it.

#include <array>
#include <cstddef>
#include <cstdint>

namespace epsilond::models {

class RunningQuantile {
 public:
  // `quantile` in (0, 1).
  explicit RunningQuantile(double quantile);

  void add(double value);  // non-finite values are ignored
  // The estimate; exact for up to five values, 0 for none.
  double value() const;
  std::uint64_t count() const { return count_; }
  void reset();

 private:
  void adjust(std::size_t i);

  double quantile_;
  std::uint64_t count_ = 0;
  std::array<double, 5> height_{};
  std::array<double, 5> rank_{};    // 1 .. count_
  std::array<double, 5> wanted_{};  // the rank each marker should have
};

}  // namespace epsilond::models
