#include "models/host/joint_channel.h"

#include <algorithm>
#include <cmath>

#include "models/density/log_product.h"
#include "models/elementary.h"
#include "models/learned_bounds.h"
#include "models/learning_time.h"

namespace epsilond::models {
namespace {

constexpr double kDegreesOfFreedom = 4.0;
constexpr double kCovarianceWeight = 0.6;  // of S_W, beside 1 of the other two sums
constexpr double kLargestZ = 1e6;
// The correlations of a young model are refreshed often; those of an old one change slowly, and neighbouring rows say
// the same, so that one row in a few is enough to learn from.
constexpr double kYoungRows = 100.0;
constexpr double kRefreshRows = 100.0;
constexpr double kYoungRefreshRows = 20.0;
constexpr double kEveryRowUntil = 4096.0;
constexpr double kLearnedEveryS = 10.0;

// ln of the product of 1 + z^2 / 4.
double log_student(const PerFeature& z, std::size_t count) {
  // Sixteen factors of at most 2.5e11 stay far below the largest double.
  constexpr std::size_t kFactors = 16;
  LogProduct product;
  for (std::size_t first = 0; first < count; first += kFactors) {
    const std::size_t end = std::min(first + kFactors, count);
    double part = 1.0;
    for (std::size_t i = first; i < end; i += kFeatureLanes) {
      const FeatureLanes bounded = within(lanes_of(z, i), kLargestZ);
      const FeatureLanes factors = 1.0 + bounded * bounded * (1.0 / kDegreesOfFreedom);
      part *= factors[0];
      if (i + 1 < end) part *= factors[1];
    }
    product.multiply(part);
  }
  return product.log();
}

// Is this one of every `period` rows? Both are whole.
bool every(double rows, double period) {
  constexpr double kMostExact = 9007199254740992.0;  // 2^53: no count grows beyond
  return static_cast<std::uint64_t>(std::min(rows, kMostExact)) % static_cast<std::uint64_t>(period) == 0;
}

}  // namespace

JointChannel::JointChannel(std::size_t feature_count, double interval_s, JointTerms terms)
    : feature_count_(feature_count),
      terms_(terms),
      levels_(feature_count),
      changes_(feature_count),
      // Where rows are dense an episode would outlast its cause by minutes.
      scales_({1.0, terms.change ? 1.0 : 0.0, terms.covariance ? kCovarianceWeight : 0.0}, rows_are_dense(interval_s),
              terms.time_scales ? TimeScales::kScales : 1),
      tail_(EpisodeTailSettings{.interval_s = interval_s}),
      learned_row_in_(std::max(1.0, std::floor(kLearnedEveryS / interval_s))) {}

double JointChannel::unlikely(double z) const {
  const double bounded = std::clamp(z, -kLargestZ, kLargestZ);
  if (!terms_.heavy_tails) return 0.5 * bounded * bounded;
  return 0.5 * (kDegreesOfFreedom + 1.0) * models::log1p(bounded * bounded / kDegreesOfFreedom);
}

double JointChannel::strangeness(double z, double change_z) const {
  return unlikely(z) + (terms_.change ? unlikely(change_z) : 0.0);
}

double JointChannel::sum_of(const PerFeature& z) const {
  if (terms_.heavy_tails) return 0.5 * (kDegreesOfFreedom + 1.0) * log_student(z, feature_count_);
  const auto rows = static_cast<Eigen::Index>(feature_count_);
  return 0.5 * Eigen::Map<const Eigen::ArrayXd>(z.data(), rows).min(kLargestZ).max(-kLargestZ).square().sum();
}

void JointChannel::judge(Row& row) const {
  TimeScales::Sums sums{};
  sums[0] = sum_of(row.z);
  if (terms_.change) sums[1] = sum_of(row.change_z);
  if (terms_.covariance)
    sums[2] = levels_.strangeness(row.z) + (terms_.change ? changes_.strangeness(row.change_z) : 0.0);
  row.averages = scales_.averages(sums);
  row.score = scales_.score(row.averages);
  row.surprise = tail_.surprise(row.score);
}

void JointChannel::advance(const Row& row, double elapsed_s) {
  scales_.advance(row.averages);
  if (rows_ >= TimeScales::kScoredRows) tail_.learn(row.score, elapsed_s);
}

void JointChannel::learn(const Row& row, double gain, double elapsed_s) {
  scales_.learn(elapsed_s);
  rows_ += 1.0;
  const double share = rows_ < kEveryRowUntil ? 1.0 : learned_row_in_;
  if (!terms_.covariance) return;
  if (share == 1.0 || every(rows_, share)) {
    const double weight = std::min(1.0, std::max(share * gain, 1.0 / (rows_ + 1.0)));
    levels_.learn(row.z, weight);
    changes_.learn(row.change_z, weight);
  }
  if (every(rows_, rows_ < kYoungRows ? kYoungRefreshRows : kRefreshRows)) refresh();
}

void JointChannel::refresh() {
  levels_.refresh(rows_);
  changes_.refresh(rows_);
}

void JointChannel::forget(std::size_t feature) {
  levels_.forget(feature);
  changes_.forget(feature);
  refresh();
}

void JointChannel::forget_spread() {
  scales_.reset();
  tail_.reset();
}

void JointChannel::reset() {
  levels_.reset();
  changes_.reset();
  scales_.reset();
  tail_.reset();
  rows_ = 0.0;
}

std::size_t JointChannel::memory_bytes() const {
  return sizeof(*this) - 2 * sizeof(GivenOthers) + levels_.memory_bytes() + changes_.memory_bytes();
}

std::size_t JointChannel::state_doubles() const {
  return 1 + levels_.state_doubles() + changes_.state_doubles() + TimeScales::kStateDoubles +
         EpisodeTail::kStateDoubles;
}

void JointChannel::save(std::span<double> out) const {
  double* next = out.data();
  *next++ = rows_;
  levels_.save(next);
  next += levels_.state_doubles();
  changes_.save(next);
  next += changes_.state_doubles();
  scales_.save(next);
  next += TimeScales::kStateDoubles;
  tail_.save(std::span<double, EpisodeTail::kStateDoubles>(next, EpisodeTail::kStateDoubles));
}

bool JointChannel::load(std::span<const double> in) {
  const double rows = in[0];
  const double* const levels = in.data() + 1;
  const double* const changes = levels + levels_.state_doubles();
  const double* const scales = changes + changes_.state_doubles();
  const std::span<const double, EpisodeTail::kStateDoubles> tail(scales + TimeScales::kStateDoubles,
                                                                 EpisodeTail::kStateDoubles);
  const bool whole = is_count(rows) && rows == std::floor(rows);
  if (!whole || !levels_.load(levels) || !changes_.load(changes) || !scales_.load(scales) || !tail_.load(tail)) {
    reset();
    return false;
  }
  rows_ = rows;
  return true;
}

}  // namespace epsilond::models
