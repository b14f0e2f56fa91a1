#include "models/host_detector.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "models/density/gaussian.h"
#include "models/density/log_product.h"
#include "models/learning_time.h"

namespace epsilond::models {
namespace {

constexpr double kClip = 6.0;            // sd, in learning
constexpr double kUnclippedRows = 30.0;  // a young sd is too unsure to clip by
constexpr double kCountedRows = 30.0;    // a feature counts for the score from then on
constexpr double kTailRows = 10.0;       // a feature's z is learned by its tail from then on
constexpr double kLargestTailZ = 50.0;   // one reading cannot spoil a tail
constexpr double kIndependentPart = 3.0;  // d features count as d / 3 looks, for they move together
constexpr double kOddFrom = 1.0;          // surprises below are everyday and get no share
// A Gaussian's surprise is convex in |z|, so up to this |z|, where it is just below kOddFrom, it stays below the chord.
constexpr double kOddFromZ = 1.6448;
constexpr double kChord = 0.608;  // > surprise / |z| there
constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kMovedBy = 3.0;  // sd; also the factor of the sd

// What is taken off the largest of `features` surprises for having looked at them all.
double looked_at(std::size_t features) {
  return std::log10(std::max(1.0, static_cast<double>(features) / kIndependentPart));
}

// The values of the lanes that begin with feature `first` and are set in `mask`, of the others those of `instead`.
[[gnu::always_inline]] inline FeatureLanes values_of(const Observation& observation, std::uint64_t mask,
                                                     std::size_t first, const FeatureLanes& instead) {
  constexpr std::uint64_t kAll = (std::uint64_t{1} << kFeatureLanes) - 1;
  if ((mask >> first & kAll) == kAll) return Eigen::Map<const FeatureLanes>(observation.values.data() + first);
  FeatureLanes values = instead;
  for (std::size_t k = 0; k < kFeatureLanes; ++k)
    if ((mask >> (first + k) & 1) != 0) values.data()[k] = observation.values.data()[first + k];
  return values;
}

}  // namespace

HostDetector::HostDetector(const HostDetectorSettings& settings)
    : settings_(settings),
      all_looked_at_(looked_at(settings.feature_count)),
      groups_((settings.feature_count + kFeatureLanes - 1) / kFeatureLanes),
      unlearned_(settings.feature_count),
      tails_(settings.feature_count, ParetoTail(tail_memory(settings.interval_s))),
      season_(settings.baseline, settings.feature_count) {
  assert(settings.feature_count >= 1 && settings.feature_count <= kMaxFeatures);
  refresh();
}

double HostDetector::sd(std::size_t i) const { return groups_[i / kFeatureLanes].sd().data()[i % kFeatureLanes]; }

void HostDetector::refresh() {
  for (std::size_t g = 0; g < groups_.size(); ++g) groups_[g].refresh(resolution(g * kFeatureLanes));
}

// The surprise of one feature by its own tail, but no more than the Gaussian says.
double HostDetector::surprise_of(std::size_t i, double z) const {
  const double own = tails_[i].surprise(z);
  if (own <= standard_surprise_at_least(std::fabs(z))) return own;
  return std::min(own, standard_surprise(std::fabs(z)));
}

// Goes through the features of a row whose means, sds and z are set: clears those not in `mask`, adds up the log density
// and says who may be odd.
HostDetector::Look HostDetector::look_at(const Observation& observation, std::uint64_t mask, Score& score) const {
  Look look;
  LogProduct sds;
  double squares = 0.0;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    const double count = groups_[i / kFeatureLanes].count.data()[i % kFeatureLanes];
    double& z = score.z.data()[i];
    score.share.data()[i] = 0.0;
    if (count >= kCountedRows) ++score.features_known;
    if ((mask & bit) == 0) {
      score.mean.data()[i] = z = 0.0;
      score.sd.data()[i] = 1.0;
    } else if (count >= kCountedRows) {
      ++score.features_used;
      squares += z * z;
      sds.multiply(score.sd.data()[i]);
      (std::fabs(z) > kOddFromZ ? look.odd : look.everyday) |= bit;
    } else if (count <= 0.0) {
      score.mean.data()[i] = observation.values.data()[i];
      z = 0.0;
    }
  }
  // From 0.0, so that no feature at all gives no -0.
  score.log_density = 0.0 - (0.5 * squares + sds.log() + kHalfLog2Pi * static_cast<double>(score.features_used));
  return look;
}

// The shares of the features that may be odd, and the largest surprise of all, or `irrelevant` if none is above that. What
// cannot matter is not worked out.
double HostDetector::judge(Look look, double irrelevant, Score& score) const {
  double largest = irrelevant;
  double sum = 0.0;
  for (std::uint64_t left = look.odd; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const double surprise = surprise_of(i, score.z.data()[i]);
    const double blame = settings_.blame[i] > 0.0 ? settings_.blame[i] : 1.0;
    score.share.data()[i] = blame * std::max(0.0, surprise - kOddFrom);
    sum += score.share.data()[i];
    largest = std::max(largest, surprise);
  }
  for (std::uint64_t left = sum > 0.0 ? look.odd : 0; left != 0; left &= left - 1)
    score.share.data()[std::countr_zero(left)] /= sum;
  if (largest >= kOddFrom) return largest;
  // The farthest first: mostly it leaves nothing for the others to say.
  while (true) {
    double farthest_z = largest / kChord;
    std::size_t farthest = kMaxFeatures;
    for (std::uint64_t left = look.everyday; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (std::fabs(score.z.data()[i]) <= farthest_z) continue;
      farthest_z = std::fabs(score.z.data()[i]);
      farthest = i;
    }
    if (farthest == kMaxFeatures) return largest;
    look.everyday &= ~(std::uint64_t{1} << farthest);
    largest = std::max(largest, surprise_of(farthest, score.z.data()[farthest]));
  }
}

// Which features a row tells something of.
HostDetector::Intake HostDetector::take(const Observation& observation) const {
  Intake intake;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    if (!observation.present[i]) continue;
    if (std::isfinite(observation.values.data()[i])) {
      intake.mask |= std::uint64_t{1} << i;
    } else {
      intake.finite = false;
    }
  }
  return intake;
}

Score HostDetector::score(const Observation& observation) const {
  const auto rows = static_cast<Eigen::Index>(settings_.feature_count);
  assert(observation.values.size() == rows);
  Score score;
  score.sample_count = learned_rows_;
  for (FeatureVector* part : {&score.mean, &score.sd, &score.z, &score.share}) part->resize(rows);
  SeasonalBaseline::Parts season;
  season_.parts(SeasonalBaseline::slot(observation.local_time_s), season);
  const Intake intake = take(observation);
  for (std::size_t first = 0; first < settings_.feature_count; first += kFeatureLanes) {
    const FeatureGroup& group = groups_[first / kFeatureLanes];
    const FeatureLanes mean = group.mean + (lanes_of(season.day, first) + lanes_of(season.week, first));
    const FeatureLanes sd = group.sd();
    put_lanes(mean, score.mean.data() + first);
    put_lanes(sd, score.sd.data() + first);
    put_lanes((values_of(observation, intake.mask, first, mean) - mean) / sd, score.z.data() + first);
  }
  const Look look = look_at(observation, intake.mask, score);
  const double correction =
      score.features_used == settings_.feature_count ? all_looked_at_ : looked_at(score.features_used);
  const double largest = judge(look, correction, score);
  const bool judged = intake.finite && ready();
  score.status = !intake.finite ? ScoreStatus::kNonFinite : judged ? ScoreStatus::kScored : ScoreStatus::kLearning;
  if (judged) score.surprise = largest - correction;
  return score;
}

void HostDetector::update(const Observation& observation) {
  const double elapsed_s = counted_elapsed_s(observation.elapsed_s, settings_.interval_s);
  const SeasonalBaseline::Visit visit =
      SeasonalBaseline::visit(SeasonalBaseline::slot(observation.local_time_s), elapsed_s);
  SeasonalBaseline::Parts season;
  season_.parts(visit.slot, season);
  const std::uint64_t mask = take(observation).mask;
  if (mask == 0) return;
  const double forgotten = forgotten_share(elapsed_s, kLevelHalfLifeS);
  TailLesson tail_lesson;
  SeasonalBaseline::Lesson lesson;
  for (std::size_t first = 0; first < settings_.feature_count; first += kFeatureLanes) {
    FeatureGroup& group = groups_[first / kFeatureLanes];
    FeatureLanes taken;
    for (std::size_t k = 0; k < kFeatureLanes; ++k) taken.data()[k] = static_cast<double>(mask >> (first + k) & 1);
    const FeatureLanes step = group.step_to(values_of(observation, mask, first, group.last));
    const FeatureLanes sd = group.sd();
    const FeatureLanes above_level = group.last - group.mean;
    const FeatureLanes residual = above_level - (lanes_of(season.day, first) + lanes_of(season.week, first));
    put_lanes((residual.abs() / sd).min(kLargestTailZ), tail_lesson.z, first);
    put_lanes(group.independence, tail_lesson.weight, first);
    put_lanes(above_level, lesson.above_level, first);
    put_lanes(sd, lesson.sd, first);
    put_lanes(taken, lesson.taken, first);
    FeatureLanes bound = kClip * sd;
    if (group.count.minCoeff() < kUnclippedRows) spare_the_young(first, bound, tail_lesson.weight, lesson.taken);
    group.learn(residual.min(bound).max(-bound), step.min(2.0 * bound), taken, forgotten);
    group.refresh(resolution(first));
  }
  learn_tails(mask, tail_lesson);
  season_.learn_all(visit, season, lesson);
  learned_s_ += elapsed_s;
  ++learned_rows_;
}

void HostDetector::learn_tails(std::uint64_t mask, const TailLesson& lesson) {
  for (std::uint64_t left = mask; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    tails_[i].learn(lesson.z[i], lesson.weight[i]);
  }
}

// What is known too little to be clipped, or for its tail or its season to learn from it.
void HostDetector::spare_the_young(std::size_t first, FeatureLanes& bound, PerFeature& weight,
                                   PerFeature& seasoned) const {
  for (std::size_t k = 0; k < kFeatureLanes; ++k) {
    const double count = groups_[first / kFeatureLanes].count.data()[k];
    if (count < kTailRows) weight[first + k] = 0.0;
    if (count >= kUnclippedRows) continue;
    bound.data()[k] = kLargest;
    seasoned[first + k] = 0.0;
  }
}

void HostDetector::observe_unlearned(const Observation& observation) {
  const double elapsed_s = counted_elapsed_s(observation.elapsed_s, settings_.interval_s);
  const double forgotten = forgotten_share(elapsed_s, held_half_life_s(settings_.interval_s));
  const SeasonalBaseline::Visit visit =
      SeasonalBaseline::visit(SeasonalBaseline::slot(observation.local_time_s), elapsed_s);
  unlearned_slot_ = visit.slot;
  SeasonalBaseline::Parts season;
  season_.parts(visit.slot, season);
  SeasonalBaseline::Lesson lesson{};
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = observation.values.data()[i];
    if (!observation.present[i] || !std::isfinite(value)) continue;
    unlearned_[i].add(value, forgotten);
    const FeatureGroup& group = groups_[i / kFeatureLanes];
    if (group.count.data()[i % kFeatureLanes] < kUnclippedRows) continue;
    lesson.above_level[i] = value - group.mean.data()[i % kFeatureLanes];
    lesson.sd[i] = sd(i);
    lesson.taken[i] = 1.0;
  }
  season_.learn_all(visit, season, lesson);
}

void HostDetector::accept_level() {
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const ForgettingMoments& held = unlearned_[i];
    FeatureGroup& group = groups_[i / kFeatureLanes];
    double& count = group.count.data()[i % kFeatureLanes];
    double& mean = group.mean.data()[i % kFeatureLanes];
    double& variance = group.variance.data()[i % kFeatureLanes];
    if (held.count < 1.0 || count < 1.0) continue;
    // Without the season as it is by now: it may have learned a part of the new level.
    const double held_level = held.mean - season_.expected(i, unlearned_slot_);
    if (std::fabs(held_level - mean) <= kMovedBy * sd(i) && std::sqrt(held.variance) <= kMovedBy * sd(i)) continue;
    mean = held_level;
    const double wider = std::max(variance, held.variance);
    // Neighbours are taken to be as alike as before, in proportion to the new variance.
    if (variance > 0.0) group.squared_step.data()[i % kFeatureLanes] *= wider / variance;
    variance = wider;
    // Young again: the new level is known from few rows and must be free to settle.
    count = std::min(count, std::max(held.count, kUnclippedRows));
  }
  refresh();
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
  std::fill(groups_.begin(), groups_.end(), FeatureGroup{});
  refresh();
  for (ParetoTail& tail : tails_) tail.reset();
  season_.reset();
  discard_unlearned();
  learned_s_ = 0.0;
  learned_rows_ = 0;
}

std::size_t HostDetector::memory_bytes() const {
  return sizeof(*this) - sizeof(season_) + season_.memory_bytes() + groups_.capacity() * sizeof(FeatureGroup) +
         unlearned_.capacity() * sizeof(ForgettingMoments) + tails_.capacity() * sizeof(ParetoTail);
}

double HostDetector::operations_per_sample() const {
  constexpr double kPerFeature = 100.0;  // 30 to score, 70 to learn
  return kPerFeature * static_cast<double>(settings_.feature_count);
}

}  // namespace epsilond::models
