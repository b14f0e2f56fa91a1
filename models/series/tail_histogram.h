#pragma once
// How rare is a positive statistic at least this large, by everything that was learned of it?
//
// Formula: counts of log2 s in bins of a twelfth of an octave from 2^-24 to 2^40. The tail begins at the lower edge u
// of the highest bin at or above which a fifth of the values lie: A of n. Above that bin a Pareto tail, P = A / n
// exp(-log2(s / u) / h), h = (sum of whole bins above u, in octaves, over the A values + 5 * 0.2) / (A + 5); in it and
// below, the empirical rank (count above + 1/2) / (n + 1), a bin's own values spread evenly over it. rarity = -log10 P.
// Source: B. M. Hill, A simple general approach to inference about the tail of a distribution, Annals of Statistics
// 3(5), 1975. Golden data: tests/golden/make_series_golden.py. Cost: a logarithm to place a value, one to judge it, an
// addition per bin between the value and u (50 are many); learning moves u by a bin or two. Bytes: 3,100. Hazards:
// never forgets; 2^32 values wrap the counts.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace epsilond::models {

class TailHistogram {
 public:
  static constexpr std::size_t kBinsPerOctave = 12;
  static constexpr std::size_t kBins = 64 * kBinsPerOctave;
  static constexpr std::uint64_t kFewestValues = 10;

  // Where a value stands on the scale of bins, in [0, kBins - 1]: clamped, 0 for 0 and below.
  static double position(double value);

  // -log10 of the tail probability; >= 0, finite; 0 before kFewestValues values were learned. `position` by position().
  double rarity(double position) const;
  void learn(double position);

  std::uint64_t total() const { return total_; }
  std::span<const std::uint32_t, kBins> counts() const { return counts_; }
  // Takes over the counts of another one.
  void restore(std::span<const std::uint32_t, kBins> counts);

 private:
  void settle();

  std::array<std::uint32_t, kBins> counts_{};
  std::uint64_t total_ = 0;
  std::size_t start_ = kBins - 1;  // the bin whose lower edge is u
  std::uint64_t above_ = 0;        // values in start_ and above: A
  std::uint64_t bin_sum_ = 0;      // of their bin numbers
};

}  // namespace epsilond::models
