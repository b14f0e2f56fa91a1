#include "models/host/gross_channel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "models/baseline/running_moments.h"
#include "models/density/gaussian.h"
#include "models/learning_time.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kIndependentPart = 3.0;  // d features count as d / 3 looks, for they move together
constexpr double kOddFrom = 1.0;          // surprises below are everyday
// A Gaussian's surprise is convex in |z|, so up to this |z|, where it is just below kOddFrom, it stays below the chord.
constexpr double kOddFromZ = 1.6448;
constexpr double kChord = 0.608;  // > surprise / |z| there
constexpr double kMarginFactor = 10.0;
constexpr double kBelievedAfterS = 4320.0;  // half the weight is the episodes' own then
constexpr std::array<double, 2> kAveragedS = {8.0, 24.0};
constexpr double kFewestRowsAveraged = 4.0;
constexpr double kAveragedZ = 4.0;  // an average is for what is little but lasts; what is gross must not echo in it
constexpr double kLeastAllowance = 0.22;
constexpr double kLearnedPerAverage = 4.0;  // times in its length: neighbours say the same
constexpr double kJudgedAfter = 30.0;       // times
constexpr double kClip = 6.0;               // sd, in learning
constexpr double kSmallestSd = 1e-9;        // z
constexpr double kUncertainty = 24.0;       // of a variance from n neighbours that are so alike: 1 + 24 / n

std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << i; }

[[gnu::always_inline]] inline FeatureLanes lanes_of(const std::vector<double>& values, std::size_t first) {
  return Eigen::Map<const FeatureLanes>(values.data() + first);
}

// Averages as the next row leaves them.
[[gnu::always_inline]] inline FeatureLanes moved(const std::vector<double>& average, double gain, const PerFeature& z,
                                                 std::size_t first) {
  const FeatureLanes mean = lanes_of(average, first);
  return mean + gain * (models::lanes_of(z, first).min(kAveragedZ).max(-kAveragedZ) - mean);
}

// Puts only those lanes that are set in `mask`.
[[gnu::always_inline]] inline void put_lanes_in(std::uint64_t mask, const FeatureLanes& lanes,
                                                std::vector<double>& values, std::size_t first) {
  if (holds_lanes(mask, first)) return put_lanes(lanes, values.data() + first);
  for (std::size_t k = 0; k < kFeatureLanes; ++k)
    if ((mask >> (first + k) & 1) != 0) values[first + k] = lanes.data()[k];
}

double looked_at(double features) { return std::log10(std::max(1.0, features / kIndependentPart)); }

double prior_octaves(double interval_s) { return interval_s < 10.0 ? 0.2 : 0.5; }

}  // namespace

GrossChannel::GrossChannel(std::size_t feature_count, double interval_s)
    : feature_count_(feature_count),
      all_looked_at_(looked_at(static_cast<double>(feature_count))),
      margin_(std::log10(kMarginFactor * std::max(1.0, interval_s))),
      tails_(feature_count, ParetoTail(tail_memory(interval_s), prior_octaves(interval_s))),
      // M is -log10 of a probability where it is right, so what exceeds a quantile of it has the scale 1 / ln 10.
      episodes_(EpisodeTailSettings{.interval_s = interval_s, .usual_start = 1.3, .usual_scale = 0.434}) {
  for (const double length_s : kAveragedS) {
    if (length_s / interval_s < kFewestRowsAveraged) continue;
    Average average;
    average.gain = -std::expm1(-interval_s / length_s);
    average.allowance = std::max(std::sqrt(average.gain / (2.0 - average.gain)), kLeastAllowance);
    average.learned_every = std::max(1.0, std::floor(length_s / interval_s / kLearnedPerAverage));
    const std::size_t room = (feature_count + kFeatureLanes - 1) / kFeatureLanes * kFeatureLanes;
    average.mean.assign(room, 0.0);
    average.variance.assign(room, 0.0);
    average.scale.assign(room, 0.0);
    average.tails.assign(feature_count, ParetoTail(tail_memory(interval_s * average.learned_every)));
    averages_.push_back(std::move(average));
  }
}

// The surprise by its own tail, but no more than the Gaussian says.
double GrossChannel::surprise_of(const ParetoTail& tail, double z) const {
  const double own = tail.surprise(z);
  if (own <= standard_surprise_at_least(std::fabs(z))) return own;
  return std::min(own, standard_surprise(std::fabs(z)));
}

// The largest surprise of the row itself. What cannot matter is not worked out.
double GrossChannel::largest_of_row(const PerFeature& z, std::uint64_t counted, Row& row) const {
  double largest = 0.0;
  std::uint64_t everyday = 0;
  for (std::uint64_t left = counted; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    if (std::fabs(z[i]) <= kOddFromZ) {
      everyday |= bit(i);
      continue;
    }
    row.feature_surprise[i] = surprise_of(tails_[i], z[i]);
    if (row.feature_surprise[i] >= kOddFrom) row.odd |= bit(i);
    largest = std::max(largest, row.feature_surprise[i]);
  }
  if (largest >= kOddFrom) return largest;
  // The farthest first: mostly it leaves nothing for the others to say.
  while (true) {
    double farthest_z = largest / kChord;
    std::size_t farthest = kMaxFeatures;
    for (std::uint64_t left = everyday; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (std::fabs(z[i]) <= farthest_z) continue;
      farthest_z = std::fabs(z[i]);
      farthest = i;
    }
    if (farthest == kMaxFeatures) return largest;
    everyday &= ~bit(farthest);
    largest = std::max(largest, surprise_of(tails_[farthest], z[farthest]));
  }
}

void GrossChannel::look_at_average(const Average& average, const PerFeature& z, std::uint64_t counted,
                                   Row& row) const {
  if (average.learned < kJudgedAfter) return;
  PerFeature scaled;
  std::uint64_t far = 0;
  for (std::size_t first = 0; first < feature_count_; first += kFeatureLanes) {
    put_lanes(moved(average.mean, average.gain, z, first) * lanes_of(average.scale, first), scaled, first);
    for (std::size_t i = first; i < first + kFeatureLanes; ++i)
      far |= std::uint64_t{std::fabs(scaled[i]) > kOddFromZ} << i;
  }
  for (std::uint64_t left = counted & far; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const double surprise = surprise_of(average.tails[i], scaled[i]);
    if (surprise < kOddFrom) continue;
    if ((row.odd & bit(i)) == 0 || surprise > row.feature_surprise[i]) row.feature_surprise[i] = surprise;
    row.odd |= bit(i);
  }
}

void GrossChannel::judge(const PerFeature& z, std::uint64_t counted, double learned_s, Row& row) const {
  row.odd = 0;
  double largest = largest_of_row(z, counted, row);
  for (const Average& average : averages_) look_at_average(average, z, counted, row);
  for (std::uint64_t left = row.odd; left != 0; left &= left - 1)
    largest = std::max(largest, row.feature_surprise[static_cast<std::size_t>(std::countr_zero(left))]);
  const auto looks = static_cast<std::size_t>(std::popcount(counted));
  const double correction = looks == feature_count_ ? all_looked_at_ : looked_at(static_cast<double>(looks));
  row.largest = std::max(0.0, largest - correction);
  double believed = row.largest;
  if (episodes_.ready() && row.largest > 0.0) {
    const double weight = learned_s / (learned_s + kBelievedAfterS);
    believed += weight * (std::min(row.largest, episodes_.recent_surprise(row.largest)) - row.largest);
  }
  row.surprise = std::max(0.0, believed - margin_);
}

void GrossChannel::advance(const PerFeature& z, std::uint64_t counted) {
  for (Average& average : averages_)
    for (std::size_t first = 0; first < feature_count_; first += kFeatureLanes)
      put_lanes_in(counted, moved(average.mean, average.gain, z, first), average.mean, first);
}

void GrossChannel::learn(const Lesson& lesson, std::uint64_t present, double forgotten) {
  episodes_.learn(lesson.largest, lesson.elapsed_s);
  for (std::uint64_t left = present; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    tails_[i].learn(lesson.z[i], lesson.weight[i]);
  }
  for (Average& average : averages_) {
    average.row += 1.0;
    if (average.row < average.learned_every) continue;
    average.row = 0.0;
    learn_average(average, lesson, present, forgotten);
  }
}

void GrossChannel::learn_average(Average& average, const Lesson& lesson, std::uint64_t present, double forgotten) {
  const double gain = forgetting_gain(std::min(1.0, average.learned_every * forgotten), average.learned);
  const double widened = 1.0 + kUncertainty / (average.learned + 1.0);
  const bool clips = average.learned >= kJudgedAfter;
  for (std::size_t first = 0; first < feature_count_; first += kFeatureLanes) {
    FeatureLanes bounded = lanes_of(average.mean, first);
    for (std::size_t i = first; clips && i < std::min(first + kFeatureLanes, feature_count_); ++i) {
      if ((present >> i & 1) == 0) continue;
      const double scale = average.scale[i];
      const double z = average.mean[i] * scale;
      average.tails[i].learn(z);
      if (scale > 0.0 && std::fabs(z) <= kClip) continue;
      bounded.data()[i - first] = scale > 0.0 ? std::copysign(kClip / scale, z) : 0.0;
    }
    const FeatureLanes before = lanes_of(average.variance, first);
    const FeatureLanes variance = before + gain * (bounded * bounded - before);
    const FeatureLanes floor = average.allowance * models::lanes_of(lesson.resolution_z, first);
    put_lanes_in(present, variance, average.variance, first);
    put_lanes_in(present, 1.0 / (variance * widened).sqrt().max(floor).max(kSmallestSd), average.scale, first);
  }
  average.learned += 1.0;
}

void GrossChannel::begin_anew(std::size_t feature) {
  for (Average& average : averages_) average.mean[feature] = 0.0;
}

// Means stray less than what they are means of, so a tail of them finds an ordinary second strange for ever: what is
// flagged is not learned.
void GrossChannel::forget_spread() { reset(); }

void GrossChannel::reset() {
  for (ParetoTail& tail : tails_) tail.reset();
  for (Average& average : averages_) {
    average.row = average.learned = 0.0;
    for (std::vector<double>* values : {&average.mean, &average.variance, &average.scale})
      std::fill(values->begin(), values->end(), 0.0);
    for (ParetoTail& tail : average.tails) tail.reset();
  }
  episodes_.reset();
}

std::size_t GrossChannel::memory_bytes() const {
  std::size_t bytes = sizeof(*this) + tails_.capacity() * sizeof(ParetoTail) + averages_.capacity() * sizeof(Average);
  for (const Average& average : averages_)
    bytes += 3 * average.mean.capacity() * sizeof(double) + average.tails.capacity() * sizeof(ParetoTail);
  return bytes;
}

std::size_t GrossChannel::average_bytes() const {
  return 2 * sizeof(double) + feature_count_ * (3 * sizeof(double) + ParetoTail::kBins * sizeof(float));
}

// Room for every average, used or not: what is learned from coarse history is for an agent with a short interval.
std::size_t GrossChannel::state_bytes() const {
  return feature_count_ * ParetoTail::kBins * sizeof(float) + kAveragedS.size() * average_bytes() +
         EpisodeTail::kStateDoubles * sizeof(double);
}

void GrossChannel::save(std::span<std::byte>& out) const {
  for (const ParetoTail& tail : tails_) put_bytes(out, tail.counts().data(), ParetoTail::kBins);
  for (const Average& average : averages_) {
    put_bytes(out, &average.row, 1);
    put_bytes(out, &average.learned, 1);
    put_bytes(out, average.mean.data(), feature_count_);
    put_bytes(out, average.variance.data(), feature_count_);
    put_bytes(out, average.scale.data(), feature_count_);
    for (const ParetoTail& tail : average.tails) put_bytes(out, tail.counts().data(), ParetoTail::kBins);
  }
  const std::span<std::byte> unused = out.first((kAveragedS.size() - averages_.size()) * average_bytes());
  std::fill(unused.begin(), unused.end(), std::byte{0});
  out = out.subspan(unused.size());
  std::array<double, EpisodeTail::kStateDoubles> episodes;
  episodes_.save(episodes);
  put_bytes(out, episodes.data(), episodes.size());
}

bool GrossChannel::load(std::span<const std::byte>& in) {
  reset();
  bool sane = true;
  const auto restore = [&in, &sane](ParetoTail& tail) {
    std::array<float, ParetoTail::kBins> counts;
    take_bytes(in, counts.data(), counts.size());
    // Sums of counts must stay finite too; no real count is near this.
    sane = sane && std::all_of(counts.begin(), counts.end(), [](float n) { return n >= 0.0f && n < 1e12f; }) &&
           tail.restore(counts);
  };
  const auto counts_for = [](double value) { return std::isfinite(value) && value >= 0.0; };
  for (ParetoTail& tail : tails_) restore(tail);
  for (Average& average : averages_) {
    take_bytes(in, &average.row, 1);
    take_bytes(in, &average.learned, 1);
    take_bytes(in, average.mean.data(), feature_count_);
    take_bytes(in, average.variance.data(), feature_count_);
    take_bytes(in, average.scale.data(), feature_count_);
    sane = sane && counts_for(average.row) && counts_for(average.learned) &&
           std::all_of(average.mean.begin(), average.mean.end(), [](double z) { return std::fabs(z) <= kAveragedZ; }) &&
           std::all_of(average.variance.begin(), average.variance.end(), counts_for) &&
           std::all_of(average.scale.begin(), average.scale.end(), counts_for);
    for (ParetoTail& tail : average.tails) restore(tail);
  }
  in = in.subspan((kAveragedS.size() - averages_.size()) * average_bytes());
  std::array<double, EpisodeTail::kStateDoubles> episodes;
  take_bytes(in, episodes.data(), episodes.size());
  sane = sane && episodes_.load(episodes);
  if (!sane) reset();
  return sane;
}

}  // namespace epsilond::models
