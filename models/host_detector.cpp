#include "models/host_detector.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "models/density/gaussian.h"
#include "models/density/log_product.h"

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
// A Gaussian's surprise is convex in |z|: up to this |z|, where it is just below kOddFrom, it stays below the chord.
constexpr double kOddFromZ = 1.6448;
constexpr double kChord = 0.608;  // > surprise / |z| there
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
  refresh_all();
}

double HostDetector::step_s(const Observation& observation) const {
  const double elapsed_s = observation.elapsed_s;
  if (!std::isfinite(elapsed_s) || elapsed_s <= 0.0) return settings_.interval_s;
  return std::min(elapsed_s, kGapIntervals * settings_.interval_s);
}

// What follows from the moments of a feature. Called wherever they change.
void HostDetector::refresh(std::size_t i) {
  Feature& feature = features_[i];
  const double variance = feature.level.variance;
  // 1 for white noise, near 0 for a value that slides: u / (2 - u), u = q / (2 variance) = 1 - autocorrelation.
  const double step = std::min(feature.squared_step, 2.0 * variance);
  feature.independence = variance > 0.0 ? step / (4.0 * variance - step) : 1.0;
  // A young mean and variance are themselves uncertain.
  const double independent = std::max(feature.level.count * feature.independence, kFewestIndependent);
  const double widened = variance * (1.0 + kUncertainty / independent);
  feature.sd = std::max({std::sqrt(widened), settings_.resolution[i], kRelativeFloor * std::fabs(feature.level.mean),
                         kStepFloor * feature.smallest_step});
}

void HostDetector::refresh_all() {
  for (std::size_t i = 0; i < settings_.feature_count; ++i) refresh(i);
}

// The surprise of one feature by its own tail, but no more than the Gaussian says.
double HostDetector::surprise_of(std::size_t i, double z) const {
  return std::min(tails_[i].surprise(z), standard_surprise(std::fabs(z)));
}

// The shares of the features that may be odd, and the largest surprise of all, or `irrelevant` if none is above that. What
// cannot matter is not worked out. Of both masks, bit i is feature i; `odd` ones lie beyond kOddFromZ, `everyday` ones not.
double HostDetector::judge(std::uint64_t odd, std::uint64_t everyday, double irrelevant, Score& score) const {
  double largest = irrelevant;
  for (std::uint64_t left = odd; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    score.share.data()[i] = surprise_of(i, score.z.data()[i]);
    largest = std::max(largest, score.share.data()[i]);
  }
  if (odd != 0) set_shares(settings_.blame, score.share);
  // The farthest first: mostly it leaves nothing for the others to say.
  while (true) {
    double farthest_z = largest / kChord;
    std::size_t farthest = kMaxFeatures;
    for (std::uint64_t left = everyday; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (std::fabs(score.z.data()[i]) <= farthest_z) continue;
      farthest_z = std::fabs(score.z.data()[i]);
      farthest = i;
    }
    if (farthest == kMaxFeatures) return largest;
    everyday &= ~(std::uint64_t{1} << farthest);
    largest = std::max(largest, surprise_of(farthest, score.z.data()[farthest]));
  }
}

Score HostDetector::score(const Observation& observation) const {
  const auto rows = static_cast<Eigen::Index>(settings_.feature_count);
  assert(observation.values.size() == rows);
  Score score;
  score.sample_count = learned_rows_;
  for (FeatureVector* part : {&score.mean, &score.sd, &score.z, &score.share}) part->resize(rows);
  Season season;
  season_.parts(SeasonalBaseline::slot(observation.local_time_s), used(season.day), used(season.week));
  const double* const values = observation.values.data();
  LogProduct sds;
  double squares = 0.0;
  std::uint64_t odd = 0;
  std::uint64_t everyday = 0;
  bool finite = true;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const Feature& feature = features_[i];
    const bool counts = feature.level.count >= kCountedRows;
    score.features_known += counts ? 1 : 0;
    double mean = 0.0;
    double sd = 1.0;
    double z = 0.0;
    if (observation.present[i] && std::isfinite(values[i])) {
      mean = feature.level.count > 0.0 ? feature.level.mean + (season.day[i] + season.week[i]) : values[i];
      sd = feature.sd;
      z = (values[i] - mean) / sd;
      if (counts) {
        ++score.features_used;
        squares += z * z;
        sds.multiply(sd);
        (std::fabs(z) > kOddFromZ ? odd : everyday) |= std::uint64_t{1} << i;
      }
    } else if (observation.present[i]) {
      finite = false;
    }
    score.mean.data()[i] = mean;
    score.sd.data()[i] = sd;
    score.z.data()[i] = z;
    score.share.data()[i] = 0.0;
  }
  // From 0.0, so that no feature at all gives no -0.
  score.log_density = 0.0 - (0.5 * squares + sds.log() + kHalfLog2Pi * static_cast<double>(score.features_used));
  const double looks = std::max(1.0, static_cast<double>(score.features_used) / kIndependentPart);
  const double correction = std::log10(looks);
  const double largest = judge(odd, everyday, correction, score);
  const bool judged = finite && ready();
  score.status = !finite ? ScoreStatus::kNonFinite : judged ? ScoreStatus::kScored : ScoreStatus::kLearning;
  if (judged) score.surprise = largest - correction;
  return score;
}

// The step from the value learned last to this one, 0 for the first.
double HostDetector::step_to(std::size_t i, double value) {
  Feature& feature = features_[i];
  const double step = feature.level.count > 0.0 ? std::fabs(value - feature.last) : 0.0;
  feature.last = value;
  if (step > 0.0 && (feature.smallest_step <= 0.0 || step < feature.smallest_step)) {
    feature.smallest_step = step;
    refresh(i);
  }
  return step;
}

// `residual`: from level and season; `step`: see step_to(); `gain`: see forgetting_gain().
void HostDetector::learn_feature(std::size_t i, double residual, double step, double gain) {
  Feature& feature = features_[i];
  if (feature.level.count >= kTailRows)
    tails_[i].learn(std::min(std::fabs(residual) / feature.sd, kLargestTailZ), feature.independence);
  if (feature.level.count >= kUnclippedRows) {
    const double bound = kClip * feature.sd;
    residual = std::clamp(residual, -bound, bound);
    step = std::min(step, 2.0 * bound);
  }
  feature.level.add_residual(residual, gain);
  feature.squared_step += gain * (step * step - feature.squared_step);
  refresh(i);
}

void HostDetector::update(const Observation& observation) {
  const double elapsed_s = step_s(observation);
  const SeasonalBaseline::Visit visit =
      SeasonalBaseline::visit(SeasonalBaseline::slot(observation.local_time_s), elapsed_s);
  const double forgotten = forgotten_share(elapsed_s, kLevelHalfLifeS);
  Season season;
  season_.parts(visit.slot, used(season.day), used(season.week));
  PerFeature above_level;
  PerFeature sd;
  std::uint64_t seasoned = 0;
  bool learned = false;
  double count = -1.0;  // most features are of one age: the gain of the one before serves again
  double gain = 1.0;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = observation.values.data()[i];
    if (!observation.present[i] || !std::isfinite(value)) continue;
    const double step = step_to(i, value);
    const Feature& feature = features_[i];
    if (feature.level.count != count) {
      count = feature.level.count;
      gain = forgetting_gain(forgotten, count);
    }
    above_level[i] = value - feature.level.mean;
    sd[i] = feature.sd;
    if (count >= kUnclippedRows) seasoned |= std::uint64_t{1} << i;
    learn_feature(i, count > 0.0 ? above_level[i] - (season.day[i] + season.week[i]) : above_level[i], step, gain);
    learned = true;
  }
  season_.learn_all(seasoned, visit, {used(above_level), used(sd), used(season.day), used(season.week)});
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
  Season season;
  season_.parts(visit.slot, used(season.day), used(season.week));
  PerFeature above_level;
  PerFeature sd;
  std::uint64_t seasoned = 0;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = value_of(observation, i);
    if (!observation.present[i] || !std::isfinite(value)) continue;
    unlearned_[i].add(value, forgotten);
    const Feature& feature = features_[i];
    if (feature.level.count >= kUnclippedRows) seasoned |= std::uint64_t{1} << i;
    above_level[i] = value - feature.level.mean;
    sd[i] = feature.sd;
  }
  season_.learn_all(seasoned, visit, {used(above_level), used(sd), used(season.day), used(season.week)});
}

void HostDetector::accept_level() {
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const ForgettingMoments& held = unlearned_[i];
    ForgettingMoments& level = features_[i].level;
    if (held.count < 1.0 || level.count < 1.0) continue;
    const double sd = features_[i].sd;
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
    refresh(i);
  }
  discard_unlearned();
}

void HostDetector::discard_unlearned() { std::fill(unlearned_.begin(), unlearned_.end(), ForgettingMoments{}); }

// Means stray less than what they are means of, so a tail of them finds an ordinary second strange for ever: what is
// flagged is not learned. The variance has floors for that, and moves to that of single samples within hours.
void HostDetector::forget_spread() {
  for (ParetoTail& tail : tails_) tail.reset();
}

double HostDetector::learning_ratio() const {
  const double rows = static_cast<double>(learned_rows_) / kCountedRows;
  const double time = settings_.warm_up_s > 0.0 ? learned_s_ / settings_.warm_up_s : 1.0;
  return std::clamp(std::min(rows, time), 0.0, 1.0);
}

void HostDetector::reset() {
  std::fill(features_.begin(), features_.end(), Feature{});
  refresh_all();
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
