#include "models/host_detector.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/density/gaussian.h"

namespace epsilond::models {
namespace {

constexpr double kLevelHalfLifeS = 3.0 * 86400.0;
constexpr double kClip = 6.0;            // sd, in learning
constexpr double kUnclippedRows = 30.0;  // a young sd is too unsure to clip by
constexpr double kCountedRows = 30.0;    // a feature counts for the score from then on
constexpr double kTailRows = 10.0;       // a feature's z is learned by its tail from then on
constexpr double kUncertainty = 3.0;     // of a mean and a variance from n samples: variance (1 + 3 / n)
constexpr double kFewestIndependent = 0.2;  // so that a slide is not taken for boundless: at most fourfold
constexpr double kLargestTailZ = 50.0;   // one reading cannot spoil a tail
constexpr double kRelativeFloor = 0.02;  // of the level
constexpr double kStepFloor = 0.3;       // of the smallest step seen
constexpr double kGapIntervals = 10.0;
constexpr double kIndependentPart = 3.0;  // d features count as d / 3 looks, for they move together
constexpr double kOddFrom = 1.0;          // surprises below are everyday and get no share
constexpr double kHeldHalfLifeS = 600.0;  // of what is not learned: the last level counts, not the way there
constexpr double kHeldHalfLifeIntervals = 60.0;
constexpr double kMovedBy = 3.0;  // sd; also the factor of the sd
constexpr double kTailMemoryS = 28.0 * 86400.0;
constexpr double kSmallestTailMemory = 4096.0;
constexpr double kLargestTailMemory = 4194304.0;  // single precision counts whole values exactly up to four times that

double tail_memory(double interval_s) {
  return std::clamp(kTailMemoryS / interval_s, kSmallestTailMemory, kLargestTailMemory);
}

double value_of(const Observation& observation, std::size_t i) {
  return observation.values[static_cast<Eigen::Index>(i)];
}

// Shares of the strangeness from the surprise of each feature: what is above the everyday, scaled to add up to 1.
void set_shares(const std::array<double, kMaxFeatures>& blame, FeatureVector& surprise) {
  for (Eigen::Index i = 0; i < surprise.size(); ++i) {
    const double own = blame[static_cast<std::size_t>(i)];
    surprise[i] = (own > 0.0 ? own : 1.0) * std::max(0.0, surprise[i] - kOddFrom);
  }
  const double sum = surprise.sum();
  if (sum > 0.0) surprise /= sum;
}

}  // namespace

HostDetector::HostDetector(const HostDetectorSettings& settings)
    : settings_(settings),
      features_(settings.feature_count),
      unlearned_(settings.feature_count),
      tails_(settings.feature_count, ParetoTail(tail_memory(settings.interval_s))),
      season_(settings.baseline, settings.feature_count) {
  assert(settings.feature_count >= 1 && settings.feature_count <= kMaxFeatures);
}

double HostDetector::step_s(const Observation& observation) const {
  const double elapsed_s = observation.elapsed_s;
  if (!std::isfinite(elapsed_s) || elapsed_s <= 0.0) return settings_.interval_s;
  return std::min(elapsed_s, kGapIntervals * settings_.interval_s);
}

double HostDetector::floored_sd(std::size_t i) const {
  const Feature& feature = features_[i];
  // A young mean and variance are themselves uncertain.
  const double independent = std::max(feature.level.count * independence(i), kFewestIndependent);
  const double widened = feature.level.variance * (1.0 + kUncertainty / independent);
  return std::max({std::sqrt(widened), settings_.resolution[i],
                   kRelativeFloor * std::fabs(feature.level.mean), kStepFloor * feature.smallest_step});
}

HostDetector::Expectation HostDetector::expect(std::size_t i, const SeasonalBaseline::Slot& slot) const {
  return {features_[i].level.mean + season_.expected(i, slot), floored_sd(i)};
}

// What one more sample is worth, in independent ones: 1 for white noise, near 0 for a value that slides.
double HostDetector::independence(std::size_t i) const {
  const Feature& feature = features_[i];
  if (feature.level.variance <= 0.0) return 1.0;
  const double unlike = std::min(1.0, feature.squared_step / (2.0 * feature.level.variance));  // 1 - autocorrelation
  return unlike / (2.0 - unlike);
}

Score HostDetector::score(const Observation& observation) const {
  const auto rows = static_cast<Eigen::Index>(settings_.feature_count);
  assert(observation.values.size() == rows);
  Score score;
  score.sample_count = learned_rows_;
  score.mean = score.z = score.share = FeatureVector::Zero(rows);
  score.sd = FeatureVector::Ones(rows);
  const SeasonalBaseline::Slot slot = SeasonalBaseline::slot(observation.local_time_s);
  bool finite = true;
  double largest = 0.0;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    if (features_[i].level.count >= kCountedRows) ++score.features_known;
    if (!observation.present[i]) continue;
    const double value = value_of(observation, i);
    if (!std::isfinite(value)) {
      finite = false;
      continue;
    }
    const bool known = features_[i].level.count > 0.0;
    const Expectation expected = known ? expect(i, slot) : Expectation{value, settings_.resolution[i]};
    const Gaussian gaussian(expected.mean, expected.sd);
    const auto row = static_cast<Eigen::Index>(i);
    score.mean[row] = expected.mean;
    score.sd[row] = expected.sd;
    score.z[row] = gaussian.z(value);
    if (features_[i].level.count < kCountedRows) continue;
    ++score.features_used;
    score.log_density += gaussian.log_density(value);
    score.share[row] = std::min(tails_[i].surprise(score.z[row]), gaussian.surprise(value));
    largest = std::max(largest, score.share[row]);
  }
  const bool judged = finite && ready();
  score.status = !finite ? ScoreStatus::kNonFinite : judged ? ScoreStatus::kScored : ScoreStatus::kLearning;
  if (judged) {
    const double looks = std::max(1.0, static_cast<double>(score.features_used) / kIndependentPart);
    score.surprise = std::max(0.0, largest - std::log10(looks));
  }
  set_shares(settings_.blame, score.share);
  return score;
}

void HostDetector::learn_feature(std::size_t i, double value, const SeasonalBaseline::Visit& visit, double forgotten) {
  Feature& feature = features_[i];
  const double count = feature.level.count;
  const double step = std::fabs(value - feature.last);
  if (count > 0.0 && step > 0.0 && (feature.smallest_step <= 0.0 || step < feature.smallest_step))
    feature.smallest_step = step;
  feature.last = value;
  if (count <= 0.0) {
    feature.level.add_residual(value - feature.level.mean, 1.0);
    return;
  }
  const Expectation expected = expect(i, visit.slot);
  if (count >= kTailRows) {
    const double z = std::fabs(value - expected.mean) / expected.sd;
    tails_[i].learn(std::min(z, kLargestTailZ), independence(i));
  }
  const double above_level = value - feature.level.mean;
  double residual = value - expected.mean;
  double counted_step = step;
  if (count >= kUnclippedRows) {
    residual = std::clamp(residual, -kClip * expected.sd, kClip * expected.sd);
    counted_step = std::min(step, 2.0 * kClip * expected.sd);
  }
  const double gain = forgetting_gain(forgotten, count);
  feature.level.add_residual(residual, gain);
  feature.squared_step += gain * (counted_step * counted_step - feature.squared_step);
  if (count >= kUnclippedRows) season_.learn(i, visit, above_level, expected.sd);
}

void HostDetector::update(const Observation& observation) {
  const double elapsed_s = step_s(observation);
  const SeasonalBaseline::Visit visit =
      SeasonalBaseline::visit(SeasonalBaseline::slot(observation.local_time_s), elapsed_s);
  const double forgotten = forgotten_share(elapsed_s, kLevelHalfLifeS);
  bool learned = false;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = value_of(observation, i);
    if (!observation.present[i] || !std::isfinite(value)) continue;
    learn_feature(i, value, visit, forgotten);
    learned = true;
  }
  if (!learned) return;
  learned_s_ += elapsed_s;
  ++learned_rows_;
}

void HostDetector::observe_unlearned(const Observation& observation) {
  const double elapsed_s = step_s(observation);
  const double forgotten =
      forgotten_share(elapsed_s, std::max(kHeldHalfLifeS, kHeldHalfLifeIntervals * settings_.interval_s));
  const SeasonalBaseline::Visit visit =
      SeasonalBaseline::visit(SeasonalBaseline::slot(observation.local_time_s), elapsed_s);
  unlearned_slot_ = visit.slot;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = value_of(observation, i);
    if (!observation.present[i] || !std::isfinite(value)) continue;
    unlearned_[i].add(value, forgotten);
    const ForgettingMoments& level = features_[i].level;
    if (level.count >= kUnclippedRows) season_.learn(i, visit, value - level.mean, floored_sd(i));
  }
}

void HostDetector::accept_level() {
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const ForgettingMoments& held = unlearned_[i];
    ForgettingMoments& level = features_[i].level;
    if (held.count < 1.0 || level.count < 1.0) continue;
    const double sd = floored_sd(i);
    // Without the season as it is by now: it may have learned a part of the new level.
    const double held_level = held.mean - season_.expected(i, unlearned_slot_);
    if (std::fabs(held_level - level.mean) <= kMovedBy * sd && std::sqrt(held.variance) <= kMovedBy * sd) continue;
    level.mean = held_level;
    const double wider = std::max(level.variance, held.variance);
    // Neighbours are taken to be as alike as before, in proportion to the new variance.
    if (level.variance > 0.0) features_[i].squared_step *= wider / level.variance;
    level.variance = wider;
    // Young again: the new level is known from few rows and must be free to settle.
    level.count = std::min(level.count, std::max(held.count, kUnclippedRows));
  }
  discard_unlearned();
}

void HostDetector::discard_unlearned() { std::fill(unlearned_.begin(), unlearned_.end(), ForgettingMoments{}); }

double HostDetector::learning_ratio() const {
  const double rows = static_cast<double>(learned_rows_) / kCountedRows;
  const double time = settings_.warm_up_s > 0.0 ? learned_s_ / settings_.warm_up_s : 1.0;
  return std::clamp(std::min(rows, time), 0.0, 1.0);
}

void HostDetector::reset() {
  std::fill(features_.begin(), features_.end(), Feature{});
  for (ParetoTail& tail : tails_) tail.reset();
  season_.reset();
  discard_unlearned();
  learned_s_ = 0.0;
  learned_rows_ = 0;
}

std::size_t HostDetector::memory_bytes() const {
  return sizeof(*this) - sizeof(season_) + season_.memory_bytes() + features_.capacity() * sizeof(Feature) +
         unlearned_.capacity() * sizeof(ForgettingMoments) + tails_.capacity() * sizeof(ParetoTail);
}

double HostDetector::operations_per_sample() const {
  constexpr double kPerFeature = 140.0;  // 60 to score, 80 to learn; a logarithm counts as about 20
  return kPerFeature * static_cast<double>(settings_.feature_count);
}

}  // namespace epsilond::models
