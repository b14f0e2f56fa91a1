#pragma once
// How rare is a score at least this large? A surprise is -log10 of that tail probability, so 3 is one in a thousand.
// ParetoTail learns from a stream and forgets slowly; SampleTail is fitted once to a sample. Both extrapolate beyond
// what they have seen, and neither ever says that anything is impossible.

#include <array>
#include <cstddef>
#include <span>

#include "models/decision/generalised_pareto.h"

namespace epsilond::models {

// How much of what a stream says is its tail, and what the tail is expected to be before there is evidence. Where the
// numbers come from: docs/models.md, section 9.
struct TailShape {
  double prior_octaves = 0.2;       // > 0: how far an exceedance is expected to lie above the start of the tail
  double prior_exceedances = 50.0;  // > 0: what that expectation weighs
  double small_tail = 200.0;        // up to so many exceedances the tail is the top fifth of all values
  double squared_growth = 40.0;     // of more than that, its square is at most this times the number of values
};
inline constexpr TailShape kTailOfRows{};

// The tail of |z| of one feature.
//
// Formula: counts of log2 |z| in bins of a sixth of an octave. With u the edge above which the exceedances lie, at
// least kSmallestStart: below u the empirical rank, (count at or above + 1/2) / (n + 1); above it a Pareto tail, rank
// of u times exp(-log2(z / u) / h), h = (sum of log2 excesses + m p) / (exceedances + m), p = the expected octaves
// times 1 + 1 / (n + 1), m what they weigh. Exceedances are the top fifth of the values while that is a small tail, else
// at most the root of the growth times n: the share of a tail must shrink for its exponent to be the tail's own. A
// feature that is quiet but for rare bursts has two populations, and the line
// through the many calls the few impossible; so a surprise is no more than 2, or else than what was seen allows: with v
// the highest edge that five values or more lie above (z itself, if there are as many), the rank of v times exp(-log2(z
// / v) / 0.1). Source: B. M. Hill, A simple general approach to inference about the tail of a distribution, Annals of
// Statistics 3(5), 1975; the prior and the bound: docs/models.md, section 9. Cost: about
// 30 operations to learn, the bin being read off the binary form of z; a logarithm and a few additions, or in the tail
// two to four logarithms, to ask. Bytes: 424. Hazards: a multiple of u where nothing was ever seen is judged by the
// prior alone, so is everything before the first value: the caller decides from when on a surprise counts.
class ParetoTail {
 public:
  static constexpr std::size_t kBins = 96;       // of 1/6 octave, from 2^-6 to 2^10
  static constexpr double kSmallestStart = 1.0;  // u is never below: within one sd nothing is a tail

  // Counts are halved when they add up to `capacity` (at least 100): a half-life of roughly that many values.
  // `shape` must outlive this object.
  explicit ParetoTail(double capacity, const TailShape& shape = kTailOfRows);

  // `z` is taken as |z|; NaN is ignored, anything beyond the last bin is counted in it. `weight` in [0, 1]: how much of
  // an independent value it is, for neighbours in time are not independent.
  void learn(double z, double weight = 1.0);
  // -log10 of the probability that |Z| >= |z|; >= 0, finite, never decreasing in |z|; 0 for NaN.
  double surprise(double z) const;

  // The bin that |z| is counted in: floor(6 log2 |z|) + 36 without rounding, kept within 0 .. kBins - 1; 0 for NaN.
  static std::size_t bin_of(double z);

  double count() const { return total_; }
  void reset();
  // The learned state. restore() returns false and changes nothing if a count is negative or not finite.
  std::span<const float, kBins> counts() const { return counts_; }
  bool restore(std::span<const float, kBins> counts);
  // The same as kStateBytes bytes of a larger state, which is moved behind them. take() is false, and changes nothing,
  // for counts that cannot be, or are so large that sums of them would not stay finite.
  static constexpr std::size_t kStateBytes = kBins * sizeof(float);
  void put(std::span<std::byte>& out) const;
  bool take(std::span<const std::byte>& in);

 private:
  bool wants(double exceedances) const;
  double seen_surprise(double octaves_of_z, std::size_t bin) const;
  void settle();
  void halve();
  void recount();

  double capacity_;
  const TailShape* shape_;
  double total_ = 0.0;
  double exceedances_ = 0.0;  // values in bins above start_
  double excess_bins_ = 0.0;  // sum of their bin numbers
  std::size_t start_;         // the tail begins at the upper edge of this bin
  std::array<float, kBins> counts_{};
};

// The tail of a batch of scores, for calibrating a fitted model on its own training rows. Larger is stranger.
//
// Formula: u = 90 % quantile. At or below u the empirical rank, (count at or above + 1/2) / (n + 1); above it a
// generalised Pareto tail (generalised_pareto.h), rank of u times (1 + G y / S)^(-1/G), y = score - u, of all peaks;
// the scale that is expected is that of an exponential tail through the median and u. Golden data: an independent NumPy
// fit and scipy.stats.genpareto, tests/golden/make_golden.py. Cost: a sort at construction; a binary search or a
// logarithm per query. Bytes: 48; the scores stay the caller's. Hazards: a rank inside the training sample counts the
// value itself; fewer than ten scores say nothing.
class SampleTail {
 public:
  // `scores` is sorted in place, non-finite ones are moved to the end and not counted; it must outlive this object.
  explicit SampleTail(std::span<double> scores);

  // -log10 of the tail probability; >= 0, finite, never decreasing; 0 for NaN and for fewer than ten scores.
  double surprise(double score) const;

  std::size_t count() const { return scores_.size(); }
  double start() const { return start_; }             // u
  double shape() const { return over_start_.shape; }  // G
  double scale() const { return over_start_.scale; }  // S, > 0

 private:
  std::span<const double> scores_;  // ascending, finite
  double start_ = 0.0;
  GeneralisedPareto over_start_;
  double start_surprise_ = 0.0;  // of any score just above start_
};

}  // namespace epsilond::models
