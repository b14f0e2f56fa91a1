#include "models/host/lasting_deviation.h"

#include <algorithm>
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

constexpr double kLargestZ = 30.0;
constexpr double kThirdLook = 0.47712125471966243730;  // log10(3)
constexpr double kOverBelow = 0.5;                     // of the average
constexpr double kAllowance = 0.7;
constexpr double kNeverNearZero =
    0.7;  // sd; of a level that is usually farther from 0 than this a fall counts by its log
constexpr double kSmallestPart = 1e-3;     // of the level
constexpr double kLearnedPerLength = 4.0;  // neighbours say the same
constexpr double kJudgedAfter = 30.0;      // times
constexpr double kSideKnownAfter = 10.0;   // times; before, the other side speaks for it
constexpr double kClip = 6.0;              // sd, in learning
constexpr double kUncertainty = 24.0;      // of a variance from n neighbours that are so alike: 1 + 24 / n
constexpr double kLeastIndependence = 0.05;
constexpr double kSmallestSd = 1e-9;  // z
// Averages are nearer to a Gaussian than what they are averages of, and work that comes back every few minutes lies in
// the top fifth of them: how they go on beyond it only the highest say.
constexpr TailShape kTailOfAverages{
    .prior_octaves = 0.15, .prior_exceedances = 20.0, .small_tail = 40.0, .squared_growth = 0.4};
constexpr std::size_t kDown = 0;
constexpr std::size_t kUp = 1;

// The average that the next row leaves.
[[gnu::always_inline]] inline FeatureLanes moved(const PerFeature& average, double gain, const PerFeature& z,
                                                 std::size_t first) {
  const FeatureLanes before = lanes_of(average, first);
  return before + gain * (within(lanes_of(z, first), kLargestZ) - before);
}

// Puts only those lanes that are set in `mask`.
[[gnu::always_inline]] inline void put_lanes_in(std::uint64_t mask, const FeatureLanes& lanes, PerFeature& values,
                                                std::size_t first) {
  if (holds_lanes(mask, first)) return put_lanes(lanes, values, first);
  for (std::size_t k = 0; k < kFeatureLanes; ++k)
    if ((mask >> (first + k) & 1) != 0) values[first + k] = lanes[k];
}

// An average as a deviation: what falls towards 0 by its logarithm, down to what an average at its resolution leaves.
double deviation_of(double mean, double level, double floor) {
  if (mean >= 0.0 || level < kNeverNearZero) return mean;
  return level * models::log(std::max({1.0 + mean / level, floor / level, kSmallestPart}));
}

double scale_of(double variance, double count) {
  return 1.0 / std::max(std::sqrt(variance * (1.0 + kUncertainty / (2.0 * count + 1.0))), kSmallestSd);
}

}  // namespace

LastingDeviation::LastingDeviation(std::size_t feature_count, double interval_s, double length_s)
    : feature_count_(feature_count),
      gain_(-models::expm1(-interval_s / length_s)),
      allowance_(kAllowance * std::sqrt(gain_ / (2.0 - gain_))),
      learned_every_(std::max(1.0, std::floor(length_s / interval_s / kLearnedPerLength))) {
  for (Side& side : sides_) {
    for (std::vector<double>* values : {&side.count, &side.variance}) values->assign(feature_count, 0.0);
    side.tails.assign(feature_count, ParetoTail(tail_memory(interval_s * learned_every_), kTailOfAverages));
  }
  for (std::vector<double>& deviations : queue_) deviations.assign(feature_count, 0.0);
}

void LastingDeviation::judge(const Deviations& row, std::uint64_t looked_at, std::uint64_t& odd,
                             PerFeature& surprise) const {
  if (learned_ < kJudgedAfter) return;
  PerFeature mean;
  std::uint64_t everyday = 0;
  for (std::size_t first = 0; first < feature_count_; first += kFeatureLanes) {
    const FeatureLanes next = moved(mean_, gain_, row.z, first);
    const FeatureLanes scale =
        choose(next < 0.0, FeatureLanes::at(&sides_[kDown].scale[first]), FeatureLanes::at(&sides_[kUp].scale[first]));
    const FeatureLanes floor = allowance_ * lanes_of(row.resolution_z, first);
    // Down to half of the level -ln(1 - x) is at most 1.4 x: most need no logarithm.
    const FeatureLanes most = 1.4 * next.abs();
    const std::uint64_t near = bits(most * scale <= kOddFromZ) | bits(most <= kOddFromZ * floor);
    everyday |= (near & bits(-2.0 * next <= lanes_of(row.level_z, first))) << first;
    put_lanes(next, mean, first);
  }
  for (std::uint64_t left = row.counted & looked_at & ~everyday; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const Side& side = sides_[mean[i] < 0.0 ? kDown : kUp];
    const double floor = allowance_ * row.resolution_z[i];
    const double deviation = deviation_of(mean[i], row.level_z[i], floor);
    const double scaled = deviation * std::min(side.scale[i], 1.0 / floor);
    if (std::fabs(scaled) <= kOddFromZ) continue;
    const double own = own_surprise(side.tails[i], scaled) - kThirdLook;
    if (own < kOddFrom) continue;
    const std::uint64_t bit = std::uint64_t{1} << i;
    if ((odd & bit) == 0 || own > surprise[i]) surprise[i] = own;
    odd |= bit;
  }
}

void LastingDeviation::advance(const Deviations& row) {
  for (std::size_t first = 0; first < feature_count_; first += kFeatureLanes) {
    const FeatureLanes mean = moved(mean_, gain_, row.z, first);
    const FeatureLanes of_late = moved(of_late_, kOfLateGain, row.z, first);
    put_lanes_in(row.counted, of_late, of_late_, first);
    put_lanes_in(row.counted, choose(of_late * mean < kOverBelow * mean * mean, 0.0, mean), mean_, first);
  }
}

void LastingDeviation::learn(const Deviations& row, std::span<const double> independence, double forgotten) {
  row_ += 1.0;
  if (row_ < learned_every_) return;
  row_ = 0.0;
  const bool whole = waiting_ == kWaiting;
  for (std::uint64_t left = row.counted; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const double floor = allowance_ * row.resolution_z[i];
    if (whole)
      learn_one(i, queue_[0][i], floor, std::max(independence[i], kLeastIndependence),
                std::min(1.0, learned_every_ * forgotten));
    queue_[whole ? 0 : waiting_][i] = deviation_of(mean_[i], row.level_z[i], floor);
  }
  if (whole) {
    std::rotate(queue_.begin(), queue_.begin() + 1, queue_.end());
    learned_ += 1.0;
  } else {
    ++waiting_;
  }
}

void LastingDeviation::learn_one(std::size_t feature, double deviation, double floor, double independence,
                                 double forgotten) {
  Side& side = sides_[deviation < 0.0 ? kDown : kUp];
  Side& other = sides_[deviation < 0.0 ? kUp : kDown];
  double bounded = deviation;
  if (learned_ >= kJudgedAfter) {
    const double scale = std::min(side.scale[feature], 1.0 / floor);
    side.tails[feature].learn(deviation * scale);
    other.tails[feature].learn(0.0);
    if (scale > 0.0) bounded = std::clamp(deviation, -kClip / scale, kClip / scale);
  }
  double& variance = side.variance[feature];
  variance += forgetting_gain(forgotten, side.count[feature]) * (bounded * bounded - variance);
  side.scale[feature] = scale_of(variance, independence * side.count[feature]);
  side.count[feature] += 1.0;
  if (other.count[feature] < kSideKnownAfter) other.scale[feature] = side.scale[feature];
  if (side.count[feature] < kSideKnownAfter && other.count[feature] > side.count[feature])
    side.scale[feature] = scale_of(other.variance[feature], independence * other.count[feature]);
}

void LastingDeviation::begin_anew(std::size_t feature) {
  mean_[feature] = of_late_[feature] = 0.0;
  waiting_ = 0;
}

void LastingDeviation::forget(std::size_t feature) {
  begin_anew(feature);
  for (Side& side : sides_) {
    side.count[feature] = side.variance[feature] = side.scale[feature] = 0.0;
    side.tails[feature].reset();
  }
  for (std::vector<double>& deviations : queue_) deviations[feature] = 0.0;
}

void LastingDeviation::reset() {
  row_ = learned_ = 0.0;
  waiting_ = 0;
  mean_.fill(0.0);
  of_late_.fill(0.0);
  for (Side& side : sides_) {
    for (std::vector<double>* values : {&side.count, &side.variance}) std::fill(values->begin(), values->end(), 0.0);
    side.scale.fill(0.0);
    for (ParetoTail& tail : side.tails) tail.reset();
  }
  for (std::vector<double>& deviations : queue_) std::fill(deviations.begin(), deviations.end(), 0.0);
}

std::size_t LastingDeviation::memory_bytes() const {
  std::size_t bytes = sizeof(*this) + kWaiting * queue_[0].capacity() * sizeof(double);
  for (const Side& side : sides_)
    bytes += 2 * side.count.capacity() * sizeof(double) + side.tails.capacity() * sizeof(ParetoTail);
  return bytes;
}

std::size_t LastingDeviation::state_bytes(std::size_t feature_count) {
  constexpr std::size_t kSideBytes = 3 * sizeof(double) + ParetoTail::kBins * sizeof(float);
  return 3 * sizeof(double) + feature_count * ((2 + kWaiting) * sizeof(double) + 2 * kSideBytes);
}

void LastingDeviation::save(std::span<std::byte>& out) const {
  const std::array<double, 3> head = {row_, learned_, static_cast<double>(waiting_)};
  put_bytes(out, head.data(), head.size());
  put_bytes(out, mean_.data(), feature_count_);
  put_bytes(out, of_late_.data(), feature_count_);
  for (const std::vector<double>& deviations : queue_) put_bytes(out, deviations.data(), feature_count_);
  for (const Side& side : sides_) {
    for (const double* values : {side.count.data(), side.variance.data(), side.scale.data()})
      put_bytes(out, values, feature_count_);
    for (const ParetoTail& tail : side.tails) tail.put(out);
  }
}

bool LastingDeviation::load(std::span<const std::byte>& in) {
  constexpr double kLargestDeviation = 1e18;
  std::array<double, 3> head;
  take_bytes(in, head.data(), head.size());
  const auto take = [&](double* values, double smallest, double largest) {
    take_bytes(in, values, feature_count_);
    return std::all_of(values, values + feature_count_, [=](double x) { return x >= smallest && x <= largest; });
  };
  bool sane = head[0] >= 0.0 && head[0] <= learned_every_ && is_count(head[1]) && head[2] >= 0.0 &&
              head[2] <= static_cast<double>(kWaiting) && head[2] == std::floor(head[2]);
  sane &= take(mean_.data(), -kLargestZ, kLargestZ);
  sane &= take(of_late_.data(), -kLargestZ, kLargestZ);
  for (std::vector<double>& deviations : queue_) sane &= take(deviations.data(), -kLargestDeviation, kLargestDeviation);
  for (Side& side : sides_) {
    for (double* values : {side.count.data(), side.variance.data(), side.scale.data()})
      sane &= take(values, 0.0, kLargestDeviation * kLargestDeviation);
    for (ParetoTail& tail : side.tails) sane &= tail.take(in);
  }
  if (!sane) return false;
  row_ = head[0];
  learned_ = head[1];
  waiting_ = static_cast<std::size_t>(head[2]);
  return true;
}

}  // namespace epsilond::models
