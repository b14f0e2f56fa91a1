#include "models/host/time_scales.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/baseline/running_moments.h"
#include "models/elementary.h"
#include "models/lanes.h"
#include "models/learned_bounds.h"
#include "models/learning_time.h"

namespace epsilond::models {
namespace {

constexpr double kLongRunHalfLifeS = 60.0 * 86400.0;
constexpr double kClip = 3.0;  // sd, in learning
constexpr double kUnclippedRows = 50.0;
constexpr double kAveragedWithinSd = 30.0;
constexpr double kEndingWithinSd = 3.0;  // where the longest averages begin anew when what they saw is over
constexpr double kOverBelow = 0.5;       // of the longest averages
// Of a sum over features: less is nothing on any machine. White noise leaves so much of itself in an average.
constexpr double kSmallestVariance = 0.04;
using Scales = std::array<double, TimeScales::kScales>;
// 1 - 2^(-1 / half-life), for half-lives of 0, 2, 6.6 and 21.78 rows.
constexpr Scales kGains = {1.0, kOfLateGain, 0.09969555450311052, 0.0313238557550769};
constexpr Scales kSmallestVariances = [] {
  Scales smallest{};
  for (std::size_t i = 0; i < smallest.size(); ++i) smallest[i] = kSmallestVariance * kGains[i] / (2.0 - kGains[i]);
  return smallest;
}();
constexpr std::size_t kLongest = 2;  // from this scale on; the lanes of the others are the shortest and of late
static_assert(kLongest == DoubleLanes::kLanes && TimeScales::kScales == 2 * DoubleLanes::kLanes);

}  // namespace

TimeScales::Cells TimeScales::averages(const Sums& sums) const {
  const bool settled = learned_ > kUnclippedRows;
  const double within_sd = ends_soon_ ? kEndingWithinSd : kAveragedWithinSd;
  Cells next;
  for (std::size_t j = 0; j < kSums; ++j) {
    const std::size_t first = j * kScales;
    DoubleLanes sum = settled ? std::min(sums[j], mean_[first] + within_sd * sd_[first]) : sums[j];
    const auto average = [&](std::size_t scale) {
      const DoubleLanes before = begun_ ? DoubleLanes::at(&average_[first + scale]) : sums[j];
      return before + DoubleLanes::at(&kGains[scale]) * (sum - before);
    };
    DoubleLanes longest = average(kLongest);
    sum.set(0, sums[j]);
    average(0).put(&next[first]);
    if (ends_soon_ && settled) {
      const DoubleLanes mean = DoubleLanes::at(&mean_[first + kLongest]);
      const DoubleLanes above = longest - mean;
      const DoubleLanes of_late = next[first + 1] - mean_[first + 1];
      longest = choose(above > 0.0, choose(of_late < kOverBelow * above, mean, longest), longest);
    }
    longest.put(&next[first + kLongest]);
  }
  return next;
}

double TimeScales::score(const Cells& averages) const {
  if (learned_ < kScoredRows) return 0.0;
  Cells x;
  for (std::size_t i = 0; i < x.size(); i += DoubleLanes::kLanes)
    ((DoubleLanes::at(&averages[i]) - DoubleLanes::at(&mean_[i])) / DoubleLanes::at(&sd_[i])).put(&x[i]);
  double score = 0.0;
  double weights = 0.0;
  for (std::size_t j = 0; j < kSums; ++j) {
    const double* const scales = &x[j * kScales];
    const double largest = *std::max_element(scales, scales + scales_);
    score += weights_[j] * (largest > 0.0 ? models::log1p(largest) : largest);
    weights += weights_[j];
  }
  return score / weights;
}

void TimeScales::learn(double elapsed_s) {
  const double gain = forgetting_gain(forgotten_share(elapsed_s, kLongRunHalfLifeS), learned_);
  const double clip = learned_ > kUnclippedRows ? kClip : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < mean_.size(); i += DoubleLanes::kLanes) {
    const DoubleLanes mean = DoubleLanes::at(&mean_[i]);
    const DoubleLanes variance = DoubleLanes::at(&variance_[i]);
    const DoubleLanes residual = within(DoubleLanes::at(&average_[i]) - mean, clip * DoubleLanes::at(&sd_[i]));
    (mean + gain * residual).put(&mean_[i]);
    (variance + gain * (residual * residual - variance)).put(&variance_[i]);
  }
  refresh();
  learned_ += 1.0;
}

void TimeScales::refresh() {
  for (std::size_t i = 0; i < sd_.size(); i += DoubleLanes::kLanes)
    DoubleLanes::at(&variance_[i]).max(DoubleLanes::at(&kSmallestVariances[i % kScales])).sqrt().put(&sd_[i]);
}

void TimeScales::save(double* out) const {
  for (const Cells* cells : {&average_, &mean_, &variance_}) out = std::copy(cells->begin(), cells->end(), out);
  *out++ = learned_;
  *out = begun_ ? 1.0 : 0.0;
}

bool TimeScales::load(const double* in) {
  constexpr std::size_t kCells = kSums * kScales;
  const double* const variance = in + 2 * kCells;
  const double learned = in[3 * kCells];
  const double begun = in[3 * kCells + 1];
  if (!std::all_of(in, variance, is_level) || !std::all_of(variance, variance + kCells, is_square) ||
      !is_count(learned) || (begun != 0.0 && begun != 1.0))
    return false;
  std::copy_n(in, kCells, average_.begin());
  std::copy_n(in + kCells, kCells, mean_.begin());
  std::copy_n(variance, kCells, variance_.begin());
  refresh();
  learned_ = learned;
  begun_ = begun > 0.0;
  return true;
}

}  // namespace epsilond::models
