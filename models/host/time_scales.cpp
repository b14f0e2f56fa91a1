#include "models/host/time_scales.h"

#include <algorithm>
#include <cmath>

#include "models/baseline/running_moments.h"
#include "models/elementary.h"
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
// 1 - 2^(-1 / half-life), for half-lives of 0, 2, 6.6 and 21.78 rows.
constexpr std::array<double, TimeScales::kScales> kGains = {1.0, kOfLateGain, 0.09969555450311052, 0.0313238557550769};

}  // namespace

TimeScales::Cells TimeScales::averages(const Sums& sums) const {
  using Scales = Eigen::Array<double, kScales, 1>;
  Cells next;
  for (std::size_t j = 0; j < kSums; ++j) {
    const auto column = static_cast<Eigen::Index>(j);
    const double bounded =
        learned_ > kUnclippedRows
            ? std::min(sums[j], mean_(0, column) + (ends_soon_ ? kEndingWithinSd : kAveragedWithinSd) * sd_(0, column))
            : sums[j];
    Scales sum = Scales::Constant(bounded);
    sum[0] = sums[j];
    const Scales before = begun_ ? Scales(average_.col(column)) : Scales::Constant(sums[j]);
    next.col(column) = before + Eigen::Map<const Scales>(kGains.data()) * (sum - before);
  }
  if (!ends_soon_ || learned_ <= kUnclippedRows) return next;
  const Cells above = next - mean_;
  for (const Eigen::Index longest : {2, 3})
    for (Eigen::Index j = 0; j < above.cols(); ++j)
      if (above(longest, j) > 0.0 && above(1, j) < kOverBelow * above(longest, j)) next(longest, j) = mean_(longest, j);
  return next;
}

double TimeScales::score(const Cells& averages) const {
  if (learned_ < kScoredRows) return 0.0;
  const Cells x = (averages - mean_) / sd_;
  double score = 0.0;
  double weights = 0.0;
  for (std::size_t j = 0; j < kSums; ++j) {
    const double largest = x.col(static_cast<Eigen::Index>(j)).head(scales_).maxCoeff();
    score += weights_[j] * (largest > 0.0 ? models::log1p(largest) : largest);
    weights += weights_[j];
  }
  return score / weights;
}

void TimeScales::learn(double elapsed_s) {
  const double gain = forgetting_gain(forgotten_share(elapsed_s, kLongRunHalfLifeS), learned_);
  Cells residual = average_ - mean_;
  if (learned_ > kUnclippedRows) residual = residual.min(kClip * sd_).max(-kClip * sd_);
  mean_ += gain * residual;
  variance_ += gain * (residual * residual - variance_);
  refresh();
  learned_ += 1.0;
}

void TimeScales::refresh() {
  for (std::size_t j = 0; j < kScales; ++j)
    sd_.row(static_cast<Eigen::Index>(j)) =
        variance_.row(static_cast<Eigen::Index>(j)).max(kSmallestVariance * kGains[j] / (2.0 - kGains[j])).sqrt();
}

void TimeScales::save(double* out) const {
  for (const Cells* cells : {&average_, &mean_, &variance_}) out = std::copy_n(cells->data(), cells->size(), out);
  *out++ = learned_;
  *out = begun_ ? 1.0 : 0.0;
}

bool TimeScales::load(const double* in) {
  if (!std::all_of(in, in + kStateDoubles, [](double value) { return std::isfinite(value); })) return false;
  Cells variance;
  std::copy_n(in + 2 * variance.size(), variance.size(), variance.data());
  const double learned = in[3 * variance.size()];
  const double begun = in[3 * variance.size() + 1];
  if ((variance < 0.0).any() || learned < 0.0 || (begun != 0.0 && begun != 1.0)) return false;
  std::copy_n(in, average_.size(), average_.data());
  std::copy_n(in + average_.size(), mean_.size(), mean_.data());
  variance_ = variance;
  refresh();
  learned_ = learned;
  begun_ = begun > 0.0;
  return true;
}

}  // namespace epsilond::models
