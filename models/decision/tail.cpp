#include "models/decision/tail.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "models/elementary.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

using std::numbers::ln10;

constexpr double kLargest = std::numeric_limits<double>::max();

// Streaming tail.
constexpr double kBinsPerOctave = 6.0;
constexpr double kLowestOctave = -6.0;
constexpr double kTailShare = 0.2;
constexpr double kUnseenRows = 1.0;   // of few values nobody knows how wide they can be
constexpr double kBoundedFrom = 2.0;  // surprise
constexpr double kSeenOctaves = 0.1;
constexpr double kSeen = 5.0;  // values
constexpr float kLargestCount = 1e12f;

// Batch tail.
constexpr std::size_t kFewestScores = 10;
constexpr double kStartQuantile = 0.9;

// The upper edge of the bin that ends at kSmallestStart.
constexpr std::size_t smallest_start_bin() {
  static_assert(ParetoTail::kSmallestStart == 1.0);
  return static_cast<std::size_t>(-kLowestOctave * kBinsPerOctave) - 1;
}

constexpr int kMantissaBits = 52;
constexpr std::uint64_t kMantissaMask = (std::uint64_t{1} << kMantissaBits) - 1;
constexpr int kExponentBias = 1023;

// Where the sixths of an octave end: the smallest mantissas m with (1 + m / 2^52)^6 >= 2^k, k = 1 .. 5, found in whole
// numbers; the last sixth ends with the octave.
constexpr std::array<std::uint64_t, 6> kSixthEnds = {0x1f59ac3c7d6c0, 0x428a2f98d728b, 0x6a09e667f3bcd,
                                                     0x965fea53d6e3d, 0xc823e074ec12a, kMantissaMask + 1};

// By the leading six bits of a mantissa, the sixth that the smallest such mantissa lies in. No two ends share those
// bits.
constexpr int kLeadingBits = 6;
constexpr std::array<std::uint8_t, 1 << kLeadingBits> kSixthOfLeading = [] {
  std::array<std::uint8_t, 1 << kLeadingBits> sixths{};
  for (std::size_t leading = 0; leading < sixths.size(); ++leading)
    for (const std::uint64_t end : kSixthEnds)
      if (end <= std::uint64_t{leading} << (kMantissaBits - kLeadingBits)) ++sixths[leading];
  return sixths;
}();

// floor(6 log2 z) + 36 for any z >= 0, exactly for normal ones; below 0 for smaller ones, large for infinity and NaN.
int open_bin(double z) {
  const auto bits = std::bit_cast<std::uint64_t>(z);
  const std::uint64_t mantissa = bits & kMantissaMask;
  const std::uint8_t sixth = kSixthOfLeading[static_cast<std::size_t>(mantissa >> (kMantissaBits - kLeadingBits))];
  constexpr int kFirstOctave = kExponentBias + static_cast<int>(kLowestOctave);
  return 6 * (static_cast<int>(bits >> kMantissaBits) - kFirstOctave) + sixth + (mantissa >= kSixthEnds[sixth] ? 1 : 0);
}

std::size_t closed_bin(int bin) {
  return static_cast<std::size_t>(std::clamp(bin, 0, static_cast<int>(ParetoTail::kBins) - 1));
}

}  // namespace

ParetoTail::ParetoTail(double capacity, const TailShape& shape)
    : capacity_(std::max(capacity, 100.0)), shape_(&shape), start_(smallest_start_bin()) {}

std::size_t ParetoTail::bin_of(double z) { return std::isnan(z) ? 0 : closed_bin(open_bin(std::fabs(z))); }

// May the tail hold this many? Compared in squares, which spares the root.
bool ParetoTail::wants(double exceedances) const {
  if (exceedances <= shape_->small_tail) return exceedances <= kTailShare * total_;
  return exceedances * exceedances <= shape_->squared_growth * total_;
}

void ParetoTail::settle() {
  while (!wants(exceedances_) && start_ + 1 < kBins) {
    ++start_;
    exceedances_ -= static_cast<double>(counts_[start_]);
    excess_bins_ -= static_cast<double>(counts_[start_]) * static_cast<double>(start_);
  }
  while (start_ > smallest_start_bin() && wants(exceedances_ + static_cast<double>(counts_[start_]))) {
    exceedances_ += static_cast<double>(counts_[start_]);
    excess_bins_ += static_cast<double>(counts_[start_]) * static_cast<double>(start_);
    --start_;
  }
}

void ParetoTail::recount() {
  total_ = 0.0;
  exceedances_ = 0.0;
  excess_bins_ = 0.0;
  start_ = smallest_start_bin();
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const auto count = static_cast<double>(counts_[bin]);
    total_ += count;
    if (bin <= start_) continue;
    exceedances_ += count;
    excess_bins_ += count * static_cast<double>(bin);
  }
  settle();
}

void ParetoTail::learn(double z, double weight) {
  if (std::isnan(z) || !(weight > 0.0)) return;
  const std::size_t bin = closed_bin(open_bin(std::fabs(z)));
  const float before = counts_[bin];
  const float after = before + static_cast<float>(weight);
  counts_[bin] = after;
  // What single precision really added, so that the sums stay those of the counts.
  const double added = static_cast<double>(after) - static_cast<double>(before);
  total_ += added;
  if (total_ >= capacity_) return halve();
  // More in the tail may be too much for it, more below it may leave it room; never the other way round.
  if (bin > start_) {
    exceedances_ += added;
    excess_bins_ += added * static_cast<double>(bin);
    if (!wants(exceedances_)) settle();
  } else if (start_ > smallest_start_bin() && wants(exceedances_ + static_cast<double>(counts_[start_]))) {
    settle();
  }
}

void ParetoTail::halve() {
  for (float& count : counts_) count *= 0.5f;
  recount();
}

double ParetoTail::surprise(double z) const {
  if (std::isnan(z) || z == 0.0) return 0.0;
  const double distance = std::min(std::fabs(z), kLargest);
  const int bin = open_bin(distance);
  if (bin <= static_cast<int>(start_)) {
    double at_or_above = exceedances_;
    for (std::size_t above = closed_bin(bin); above <= start_; ++above)
      at_or_above += static_cast<double>(counts_[above]);
    return std::max(0.0, -models::log((at_or_above + 0.5) / (total_ + 1.0)) / ln10);
  }
  const double edge = static_cast<double>(start_ + 1) / kBinsPerOctave + kLowestOctave;
  // Every exceedance is counted at the centre of its bin.
  const double excess_octaves =
      (excess_bins_ + exceedances_ * (0.5 - static_cast<double>(start_ + 1))) / kBinsPerOctave;
  const double prior = shape_->prior_octaves * (1.0 + kUnseenRows / (total_ + 1.0));
  const double octaves =
      (std::max(0.0, excess_octaves) + shape_->prior_exceedances * prior) / (exceedances_ + shape_->prior_exceedances);
  const double start_surprise = -models::log((exceedances_ + 0.5) / (total_ + 1.0)) / ln10;
  const double octaves_of_z = models::log2(distance);
  const double extrapolated = std::max(0.0, start_surprise + std::max(0.0, octaves_of_z - edge) / (octaves * ln10));
  if (extrapolated < kBoundedFrom || exceedances_ < kSeen) return extrapolated;
  return std::min(extrapolated, std::max(kBoundedFrom, seen_surprise(octaves_of_z, closed_bin(bin))));
}

// No more than this by the highest values that were seen; `bin` is that of z, in the tail.
double ParetoTail::seen_surprise(double octaves_of_z, std::size_t bin) const {
  double seen = 0.0;
  std::size_t highest = kBins;
  while (highest > start_ + 1 && (seen < kSeen || highest > bin)) seen += static_cast<double>(counts_[--highest]);
  if (seen < kSeen) return kLargest;
  const double rank = -models::log((seen + 0.5) / (total_ + 1.0)) / ln10;
  if (highest == bin) return rank;
  const double edge = static_cast<double>(highest) / kBinsPerOctave + kLowestOctave;
  return rank + std::max(0.0, octaves_of_z - edge) / (kSeenOctaves * ln10);
}

void ParetoTail::reset() {
  counts_.fill(0.0f);
  recount();
}

bool ParetoTail::restore(std::span<const float, kBins> counts) {
  for (const float count : counts)
    if (!std::isfinite(count) || count < 0.0f) return false;
  std::copy(counts.begin(), counts.end(), counts_.begin());
  recount();
  return true;
}

void ParetoTail::put(std::span<std::byte>& out) const { put_bytes(out, counts_.data(), counts_.size()); }

bool ParetoTail::take(std::span<const std::byte>& in) {
  std::array<float, kBins> counts;
  take_bytes(in, counts.data(), counts.size());
  return std::all_of(counts.begin(), counts.end(), [](float n) { return n < kLargestCount; }) && restore(counts);
}

SampleTail::SampleTail(std::span<double> scores) {
  const auto finite_end =
      std::partition(scores.begin(), scores.end(), [](double score) { return std::isfinite(score); });
  const auto count = static_cast<std::size_t>(finite_end - scores.begin());
  std::sort(scores.begin(), finite_end);
  scores_ = scores.first(count);
  if (count < kFewestScores) return;
  start_ = scores_[static_cast<std::size_t>(kStartQuantile * static_cast<double>(count - 1))];
  const auto above =
      static_cast<std::size_t>(std::upper_bound(scores_.begin(), scores_.end(), start_) - scores_.begin());
  const std::span<const double> peaks = scores_.subspan(above);
  const auto peak_count = static_cast<double>(peaks.size());
  start_surprise_ = -models::log10((peak_count + 0.5) / (static_cast<double>(count) + 1.0));
  // An exponential tail through the median and the 90 % quantile has the scale (q90 - q50) / ln 5. A flat sample has
  // none; then a millionth of its size stands in, so that the answer stays finite.
  const double median = scores_[(count - 1) / 2];
  const double prior_scale = std::max((start_ - median) / models::log(5.0), 1e-6 * std::max(std::fabs(start_), 1e-6));
  double sum = GeneralisedPareto::kScalePriorPeaks * prior_scale;
  for (const double peak : peaks) sum += peak - start_;
  // Peaks that are all alike end soon after the last.
  double shape = 0.0;
  if (peaks.size() > 1)
    shape = GeneralisedPareto::shape_by(GeneralisedPareto::moments(peaks, start_, peak_count),
                                        GeneralisedPareto::kShapeLowest);
  over_start_ = GeneralisedPareto::shrunk(shape, sum, peak_count);
}

double SampleTail::surprise(double score) const {
  if (scores_.size() < kFewestScores || std::isnan(score)) return 0.0;
  if (score <= start_) {
    const auto at_or_above =
        static_cast<double>(scores_.end() - std::lower_bound(scores_.begin(), scores_.end(), score));
    return std::max(0.0, -models::log10((at_or_above + 0.5) / (static_cast<double>(scores_.size()) + 1.0)));
  }
  const double reduced = std::min((score - start_) / over_start_.scale, 1e300);
  return start_surprise_ + over_start_.decay(reduced) / ln10;
}

}  // namespace epsilond::models
