#include "models/host/gross_channel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "models/baseline/running_moments.h"
#include "models/elementary.h"
#include "models/host/own_surprise.h"
#include "models/learned_bounds.h"
#include "models/learning_time.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kIndependentPart = 3.0;  // d features count as d / 3 looks, for they move together
constexpr double kChord = 0.608;          // > surprise / |z| up to kOddFromZ
constexpr double kMarginFactor = 10.0;
constexpr double kBelievedAfterS = 4320.0;  // half the weight is the episodes' own then
constexpr std::array<double, 2> kAveragedS = {8.0, 24.0};
constexpr double kFewestRowsAveraged = 4.0;
constexpr double kSparseFromS = 60.0;
constexpr double kLongestHeldS = 3600.0;  // a level that lasts is one episode, not one after the other
constexpr double kSteadyFrom = 0.1;

std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << i; }

double looked_at(double features) { return models::log10(std::max(1.0, features / kIndependentPart)); }

constexpr TailShape kTailOfSparseRows{.prior_octaves = 0.5};

const TailShape& tail_of_rows(double interval_s) {
  return rows_are_dense(interval_s) ? kTailOfRows : kTailOfSparseRows;
}

}  // namespace

GrossChannel::GrossChannel(std::size_t feature_count, double interval_s)
    : feature_count_(feature_count),
      all_looked_at_(looked_at(static_cast<double>(feature_count))),
      margin_(models::log10(kMarginFactor * std::max(1.0, interval_s))),
      tails_(feature_count, ParetoTail(tail_memory(interval_s), tail_of_rows(interval_s))),
      independence_(feature_count),
      learns_held_(interval_s >= kSparseFromS),
      // M is -log10 of a probability where it is right, so what exceeds a quantile of it has the scale 1 / ln 10.
      episodes_(EpisodeTailSettings{.interval_s = interval_s, .usual_start = 1.3, .usual_scale = 0.434}) {
  for (const double length_s : kAveragedS)
    if (length_s / interval_s >= kFewestRowsAveraged) averages_.emplace_back(feature_count, interval_s, length_s);
}

// The largest surprise of the row itself. What cannot matter is not worked out.
double GrossChannel::largest_of_row(const Deviations& deviations, Row& row) const {
  const PerFeature& z = deviations.z;
  double largest = 0.0;
  std::uint64_t everyday = 0;
  for (std::size_t first = 0; first < feature_count_; first += kFeatureLanes)
    everyday |= bits(lanes_of(z, first).abs() <= kOddFromZ) << first;
  everyday &= deviations.counted;
  for (std::uint64_t left = deviations.counted & ~everyday; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    row.feature_surprise[i] = own_surprise(tails_[i], z[i]);
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
    largest = std::max(largest, own_surprise(tails_[farthest], z[farthest]));
  }
}

void GrossChannel::judge(const Deviations& deviations, double learned_s, Row& row) const {
  row.odd = 0;
  double largest = largest_of_row(deviations, row);
  for (const LastingDeviation& average : averages_) average.judge(deviations, steady_, row.odd, row.feature_surprise);
  for (std::uint64_t left = row.odd; left != 0; left &= left - 1)
    largest = std::max(largest, row.feature_surprise[static_cast<std::size_t>(std::countr_zero(left))]);
  const auto looks = static_cast<std::size_t>(std::popcount(deviations.counted));
  const double correction = looks == feature_count_ ? all_looked_at_ : looked_at(static_cast<double>(looks));
  row.largest = std::max(0.0, largest - correction);
  double believed = row.largest;
  if (episodes_.ready() && row.largest > 0.0) {
    const double weight = learned_s / (learned_s + kBelievedAfterS);
    believed += weight * (std::min(row.largest, episodes_.recent_surprise(row.largest)) - row.largest);
  }
  row.surprise = std::max(0.0, believed - margin_);
}

void GrossChannel::advance(const Deviations& deviations) {
  for (LastingDeviation& average : averages_) average.advance(deviations);
}

void GrossChannel::learn(const Lesson& lesson, std::uint64_t present, const Deviations& deviations, double forgotten) {
  episodes_.learn(lesson.largest, lesson.elapsed_s);
  const double gain = forgetting_gain(forgotten, learned_);
  learned_ += 1.0;
  for (std::uint64_t left = present; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    tails_[i].learn(lesson.z[i], lesson.weight[i]);
    independence_[i] += gain * (lesson.weight[i] - independence_[i]);
  }
  if (averages_.empty()) return;
  find_steady();
  for (LastingDeviation& average : averages_) average.learn(deviations, independence_, forgotten);
}

void GrossChannel::find_steady() {
  steady_ = 0;
  for (std::size_t i = 0; i < feature_count_; ++i) steady_ |= std::uint64_t{independence_[i] >= kSteadyFrom} << i;
}

void GrossChannel::hold(double largest, double elapsed_s, double held_s) {
  if (learns_held_ && held_s <= kLongestHeldS) episodes_.learn(largest, elapsed_s);
}

void GrossChannel::begin_anew(std::size_t feature) {
  for (LastingDeviation& average : averages_) average.begin_anew(feature);
}

void GrossChannel::forget(std::size_t feature) {
  tails_[feature].reset();
  for (LastingDeviation& average : averages_) average.forget(feature);
}

// Means stray less than what they are means of, so a tail of them finds an ordinary second strange for ever: what is
// flagged is not learned.
void GrossChannel::forget_spread() { reset(); }

void GrossChannel::reset() {
  for (ParetoTail& tail : tails_) tail.reset();
  for (LastingDeviation& average : averages_) average.reset();
  std::fill(independence_.begin(), independence_.end(), 0.0);
  learned_ = 0.0;
  steady_ = 0;
  episodes_.reset();
}

std::size_t GrossChannel::memory_bytes() const {
  std::size_t bytes =
      sizeof(*this) + tails_.capacity() * sizeof(ParetoTail) + independence_.capacity() * sizeof(double);
  for (const LastingDeviation& average : averages_) bytes += average.memory_bytes();
  return bytes;
}

// Room for every average, used or not: what is learned from coarse history is for an agent with a short interval.
std::size_t GrossChannel::state_bytes() const {
  return feature_count_ * (ParetoTail::kStateBytes + sizeof(double)) + sizeof learned_ +
         kAveragedS.size() * LastingDeviation::state_bytes(feature_count_) +
         EpisodeTail::kStateDoubles * sizeof(double);
}

void GrossChannel::save(std::span<std::byte>& out) const {
  for (const ParetoTail& tail : tails_) tail.put(out);
  put_bytes(out, independence_.data(), feature_count_);
  put_bytes(out, &learned_, 1);
  for (const LastingDeviation& average : averages_) average.save(out);
  const std::size_t unused = (kAveragedS.size() - averages_.size()) * LastingDeviation::state_bytes(feature_count_);
  std::fill_n(out.begin(), unused, std::byte{0});
  out = out.subspan(unused);
  std::array<double, EpisodeTail::kStateDoubles> episodes;
  episodes_.save(episodes);
  put_bytes(out, episodes.data(), episodes.size());
}

bool GrossChannel::load(std::span<const std::byte>& in) {
  reset();
  bool sane = true;
  for (ParetoTail& tail : tails_) sane &= tail.take(in);
  take_bytes(in, independence_.data(), feature_count_);
  sane &= std::all_of(independence_.begin(), independence_.end(), [](double x) { return x >= 0.0 && x <= 1.0; });
  take_bytes(in, &learned_, 1);
  sane &= is_count(learned_);
  for (LastingDeviation& average : averages_) sane &= average.load(in);
  in = in.subspan((kAveragedS.size() - averages_.size()) * LastingDeviation::state_bytes(feature_count_));
  std::array<double, EpisodeTail::kStateDoubles> episodes;
  take_bytes(in, episodes.data(), episodes.size());
  sane &= episodes_.load(episodes);
  if (!sane) reset();
  find_steady();
  return sane;
}

}  // namespace epsilond::models
