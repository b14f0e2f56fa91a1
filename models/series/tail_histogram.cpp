#include "models/series/tail_histogram.h"

#include <algorithm>
#include <numbers>

#include "models/elementary.h"

namespace epsilond::models {
namespace {

using std::numbers::ln10;

constexpr double kLowestOctave = -24.0;
constexpr double kTailShare = 0.2;
constexpr double kPriorValues = 5.0;
constexpr double kPriorExcess = 0.2;   // octaves
constexpr double kLeastExcess = 1e-3;  // octaves
constexpr auto kPerOctave = static_cast<double>(TailHistogram::kBinsPerOctave);

}  // namespace

double TailHistogram::position(double value) {
  if (!(value > 0.0)) return 0.0;
  return std::clamp((models::log2(value) - kLowestOctave) * kPerOctave, 0.0, static_cast<double>(kBins - 1));
}

double TailHistogram::rarity(double position) const {
  if (total_ < kFewestValues) return 0.0;
  const auto bin = static_cast<std::size_t>(position);
  const auto total = static_cast<double>(total_);
  if (bin > start_) {
    const auto above = static_cast<double>(above_);
    const auto start = static_cast<double>(start_);
    const double sum = (static_cast<double>(bin_sum_) - above * start) / kPerOctave;
    const double mean = (sum + kPriorValues * kPriorExcess) / (above + kPriorValues);
    const double octaves = (position - start) / kPerOctave;
    return std::max(0.0, -models::log10(above / total) + octaves / std::max(mean, kLeastExcess) / ln10);
  }
  std::uint64_t higher = above_;
  if (bin == 0)
    higher = total_ - counts_[0];
  else if (bin == start_)
    higher -= counts_[bin];
  else
    for (std::size_t between = bin + 1; between < start_; ++between) higher += counts_[between];
  const double part = 1.0 - (position - static_cast<double>(bin));
  const double rank = static_cast<double>(higher) + static_cast<double>(counts_[bin]) * part;
  return std::max(0.0, -models::log10((rank + 0.5) / (total + 1.0)));
}

void TailHistogram::learn(double position) {
  const auto bin = static_cast<std::size_t>(position);
  ++counts_[bin];
  ++total_;
  if (bin >= start_) {
    ++above_;
    bin_sum_ += bin;
  }
  settle();
}

// Moves the start to the highest bin at or above which a fifth of the values lie.
void TailHistogram::settle() {
  const double wanted = kTailShare * static_cast<double>(total_);
  while (start_ > 0 && static_cast<double>(above_) < wanted) {
    --start_;
    above_ += counts_[start_];
    bin_sum_ += counts_[start_] * start_;
  }
  while (start_ + 1 < kBins && static_cast<double>(above_ - counts_[start_]) >= wanted) {
    above_ -= counts_[start_];
    bin_sum_ -= counts_[start_] * start_;
    ++start_;
  }
}

void TailHistogram::restore(std::span<const std::uint32_t, kBins> counts) {
  std::copy(counts.begin(), counts.end(), counts_.begin());
  total_ = 0;
  for (const std::uint32_t count : counts_) total_ += count;
  start_ = kBins - 1;
  above_ = counts_[start_];
  bin_sum_ = above_ * start_;
  settle();
}

}  // namespace epsilond::models
