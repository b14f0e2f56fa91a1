#pragma once
// Many hosts as one: the super-epsilon of a cluster, and how far that is from usual.
//
// Formulas: the product of the densities of independent hosts is a sum of logarithms, so the cluster's log
// super-epsilon is sum L. Against its own expectation: z = (sum E - sum L) / sqrt(sum V), positive when weird, over
// hosts with all three. Source: the variance of a sum of independent variates is the sum of theirs. Beside it, what one
// host alone cannot move: the median of z_i = (E_i - L_i) / sqrt(V_i), which of n normal variates has the standard
// deviation sqrt(pi / 2) / sqrt(n) (R. A. Fisher, On the mathematical foundations of theoretical statistics, 1922).
// Sums are compensated (A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, 1974).
// Reference: NumPy and SciPy, tests/golden/fleet_hosts.csv. Cost: about ten operations for a host. Bytes: 80. Hazards:
// hosts behind one balancer or on one hypervisor move together, and z is then wider than a standard normal.

#include <cmath>
#include <cstddef>
#include <limits>

namespace epsilond::models {

class CompensatedSum {
 public:
  void add(double value) {
    const double sum = sum_ + value;
    lost_ += std::fabs(sum_) >= std::fabs(value) ? (sum_ - sum) + value : (value - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0.0;
  double lost_ = 0.0;
};

// How far a host is below its own usual log super-epsilon, in its own standard deviations: positive is weird. NaN where
// one of the three is not finite, or the variance is not above 0.
inline double host_z(double log_density, double expected, double variance) {
  const double z =
      variance > 0.0 ? (expected - log_density) / std::sqrt(variance) : std::numeric_limits<double>::quiet_NaN();
  return std::isfinite(z) ? z : std::numeric_limits<double>::quiet_NaN();
}

// The median of `count` values of host_z() as a standard normal variate, if all hosts are as usual; NaN for none.
inline double median_z(double median, std::size_t count) {
  constexpr double kSdOfMedian = 1.2533141373155003;  // sqrt(pi / 2)
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  return median * std::sqrt(static_cast<double>(count)) / kSdOfMedian;
}

class FleetSum {
 public:
  // A host that reports. A value that is not finite is not there: the host is left out of what needs it.
  void add(double log_density) {
    if (!std::isfinite(log_density)) return;
    log_density_.add(log_density);
    ++count_;
  }
  // Beside it, a host whose host_z() is finite.
  void add_expectation(double log_density, double expected, double variance) {
    lack_.add(expected);
    lack_.add(-log_density);
    expected_.add(expected);
    variance_.add(variance);
    ++z_count_;
  }

  std::size_t count() const { return count_; }
  double log_super_epsilon() const { return count_ > 0 ? log_density_.value() : kNothing; }
  double mean() const { return count_ > 0 ? log_density_.value() / static_cast<double>(count_) : kNothing; }

  // NaN where no host has an expectation, as are the next two.
  double z() const { return z_count_ > 0 ? lack_.value() / std::sqrt(variance_.value()) : kNothing; }
  double expected() const { return z_count_ > 0 ? expected_.value() : kNothing; }
  double variance() const { return z_count_ > 0 ? variance_.value() : kNothing; }
  std::size_t z_count() const { return z_count_; }

 private:
  static constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

  CompensatedSum log_density_;
  CompensatedSum lack_;
  CompensatedSum expected_;
  CompensatedSum variance_;
  std::size_t count_ = 0;
  std::size_t z_count_ = 0;
};

}  // namespace epsilond::models
