#include "models/host_detector.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "models/density/gaussian.h"
#include "models/density/log_product.h"
#include "models/host/own_surprise.h"
#include "models/learning_time.h"

namespace epsilond::models {
namespace {

constexpr double kClip = 9.0;            // sd, in learning
constexpr double kFarOff = 6.0;          // sd
constexpr double kUnclippedRows = 30.0;  // a young sd is too unsure to clip by
constexpr double kCountedRows = 30.0;    // a feature counts for the score from then on
constexpr double kTailRows = 10.0;       // a feature's z is learned by its tail from then on
constexpr double kLargestTailZ = 50.0;   // one reading cannot spoil a tail
constexpr double kUnbounded = std::numeric_limits<double>::infinity();
constexpr double kMostSensitised = -2.0;  // habituation: the cut falls by no more, however light a tail was of late
constexpr double kLongestRoutineS = 6.0 * 3600.0;  // what lasts longer is no job of the night
constexpr double kMovedBy = 3.0;                   // sd; also the factor of the sd

// The values of the lanes that begin with feature `first` and are set in `mask`, of the others those of `instead`.
[[gnu::always_inline]] inline FeatureLanes values_of(const Observation& observation, std::uint64_t mask,
                                                     std::size_t first, const FeatureLanes& instead) {
  if (holds_lanes(mask, first)) return FeatureLanes::at(observation.values.data() + first);
  FeatureLanes values = instead;
  for (std::size_t k = 0; k < kFeatureLanes; ++k)
    if ((mask >> (first + k) & 1) != 0) values.set(k, observation.values.data()[first + k]);
  return values;
}

// How much of a row is learned of each feature: what slides far off is one event, not sixty, where rows are seconds
// apart.
FeatureLanes worth_of(const FeatureGroup& group, const FeatureLanes& residual, const FeatureLanes& sd,
                      const FeatureLanes& taken) {
  return choose(residual.abs() > kFarOff * sd, taken * group.independence, taken);
}

// What is left of `value` beyond what means nothing.
FeatureLanes beyond(const FeatureLanes& value, const FeatureLanes& nothing) { return value - within(value, nothing); }

}  // namespace

HostDetector::HostDetector(const HostDetectorSettings& settings)
    : settings_(settings),
      groups_((settings.feature_count + kFeatureLanes - 1) / kFeatureLanes),
      unlearned_(settings.feature_count),
      season_(settings.baseline, settings.feature_count),
      joint_(settings.feature_count, settings.interval_s, settings.terms),
      gross_(settings.feature_count, settings.interval_s),
      joint_bytes_(joint_.state_doubles()) {
  assert(settings.feature_count >= 1 && settings.feature_count <= kMaxFeatures);
  refresh();
}

double HostDetector::sd(std::size_t i) const { return groups_[i / kFeatureLanes].sd()[i % kFeatureLanes]; }

void HostDetector::refresh() {
  for (std::size_t g = 0; g < groups_.size(); ++g) groups_[g].refresh(resolution(g * kFeatureLanes));
}

// Which features a row tells something of.
void HostDetector::take(const Observation& observation, Reading& reading) const {
  const std::uint64_t given =
      observation.present.to_ullong() & ~std::uint64_t{0} >> (kMaxFeatures - settings_.feature_count);
  std::uint64_t finite = 0;
  reading.known = 0;
  for (std::size_t first = 0; first < settings_.feature_count; first += kFeatureLanes) {
    const FeatureLanes value = FeatureLanes::at(observation.values.data() + first);
    finite |= bits(value.abs() <= kLargestReading) << first;  // is_reading()
    reading.known |= bits(groups_[first / kFeatureLanes].count >= kCountedRows) << first;
  }
  reading.finite = (given & ~finite) == 0;
  reading.present = given & finite;
  reading.counted = reading.present & reading.known;
}

void HostDetector::read(const Observation& observation, Reading& reading) const {
  take(observation, reading);
  reading.surprise = reading.routine = 0.0;
  // What happened over a gap is no change from row to row.
  const double follows = is_gap(observation.elapsed_s, settings_.interval_s) ? 0.0 : 1.0;
  reading.slot = SeasonalBaseline::slot(observation.local_time_s);
  SeasonalBaseline::Parts& season = reading.season;
  season_.parts(reading.slot, season);
  for (std::size_t first = 0; first < settings_.feature_count; first += kFeatureLanes) {
    const FeatureGroup& group = groups_[first / kFeatureLanes];
    const FeatureLanes mean = group.mean + (lanes_of(season.day, first) + lanes_of(season.week, first));
    const FeatureLanes sd = group.sd() * lanes_of(season.spread, first);
    const FeatureLanes value = values_of(observation, reading.present, first, mean);
    const FeatureLanes counted = lanes_in(reading.counted, first);
    put_lanes(mean, reading.mean, first);
    put_lanes(sd, reading.sd, first);
    const FeatureLanes off = counted * (value - mean);
    put_lanes(beyond(off, resolution(first)) / sd, reading.joint.z, first);
    const FeatureLanes doubted = 1.0 / (sd * group.doubt);
    put_lanes(off * doubted, reading.deviations.z, first);
    put_lanes(mean * doubted, reading.deviations.level_z, first);
    put_lanes(resolution(first) * doubted, reading.deviations.resolution_z, first);
    const FeatureLanes change =
        follows * lanes_in(reading.present, first) * group.count.min(1.0) * (value - group.of_late);
    put_lanes(change, reading.change, first);
    put_lanes(counted * beyond(change, resolution(first)) / group.change_sd(), reading.joint.change_z, first);
  }
  reading.deviations.counted = reading.counted;
  if (reading.counted == 0) return;
  joint_.judge(reading.joint);
  if (settings_.rarest) gross_.judge(reading.deviations, learned_s_, reading.gross);
}

Score HostDetector::score(const Observation& observation) const {
  assert(observation.values.size() == static_cast<Eigen::Index>(settings_.feature_count));
  read(observation, latest_);
  scored_ = true;
  Score score;
  score.sample_count = learned_rows_;
  describe(observation, latest_, score);
  const bool judged = latest_.finite && ready();
  score.status = !latest_.finite ? ScoreStatus::kNonFinite : judged ? ScoreStatus::kScored : ScoreStatus::kLearning;
  if (latest_.counted == 0) return score;
  share(latest_, score);
  if (!judged) return score;
  const double gross = latest_.gross.surprise;
  const EpisodeTail::Surprise& joint = latest_.joint.surprise;
  score.surprise = std::max(joint.lasting, gross);
  score.habituation = std::max(kMostSensitised, score.surprise - std::max(joint.recent, gross));
  find_routine(observation, score);
  score.routine = latest_.routine;
  return score;
}

void HostDetector::find_routine(const Observation& observation, const Score& score) const {
  latest_.surprise = score.surprise;
  if (settings_.baseline == BaselineKind::kGlobal || score.surprise < Routine::kStrangeFrom) return;
  latest_.blamed = Routine::blamed({score.share.data(), settings_.feature_count});
  latest_.routine = routine_.surprise(observation.local_time_s, latest_.blamed);
}

// What a row's features are expected to be, and their log density.
void HostDetector::describe(const Observation& observation, const Reading& reading, Score& score) const {
  const auto rows = static_cast<Eigen::Index>(settings_.feature_count);
  for (FeatureVector* part : {&score.mean, &score.sd, &score.z}) part->resize(rows);
  score.share.setZero(rows);
  score.features_known = static_cast<std::size_t>(std::popcount(reading.known));
  score.features_used = static_cast<std::size_t>(std::popcount(reading.counted));
  LogProduct sds;
  double squares = 0.0;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    if ((reading.counted >> i & 1) == 0) {
      describe_uncounted(observation, reading, i, score);
      continue;
    }
    score.mean.data()[i] = reading.mean[i];
    score.sd.data()[i] = reading.sd[i];
    const double z = (observation.values.data()[i] - reading.mean[i]) / reading.sd[i];
    score.z.data()[i] = z;
    squares += z * z;
    sds.multiply(reading.sd[i]);
  }
  // From 0.0, so that no feature at all gives no -0.
  score.log_density = 0.0 - (0.5 * squares + sds.log() + kHalfLog2Pi * static_cast<double>(score.features_used));
}

void HostDetector::describe_uncounted(const Observation& observation, const Reading& reading, std::size_t i,
                                      Score& score) const {
  const bool present = (reading.present >> i & 1) != 0;
  const bool seen = groups_[i / kFeatureLanes].count[i % kFeatureLanes] > 0.0;
  const double value = present ? observation.values.data()[i] : 0.0;
  score.mean.data()[i] = present && seen ? reading.mean[i] : value;
  score.sd.data()[i] = present ? reading.sd[i] : 1.0;
  score.z.data()[i] = (value - score.mean.data()[i]) / score.sd.data()[i];
}

// Who it was: the features that are rare by themselves, and where none is, those that weigh most in the sum.
void HostDetector::share(const Reading& reading, Score& score) const {
  const bool rare = reading.gross.odd != 0;
  if (!rare && reading.joint.surprise.lasting < kOddFrom) return;
  double sum = 0.0;
  for (std::uint64_t left = rare ? reading.gross.odd : reading.counted; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const double blame = settings_.blame[i] > 0.0 ? settings_.blame[i] : 1.0;
    const double part = rare ? reading.gross.feature_surprise[i] - kOddFrom
                             : joint_.strangeness(reading.joint.z[i], reading.joint.change_z[i]);
    score.share.data()[i] = blame * part;
    sum += score.share.data()[i];
  }
  if (sum > 0.0) score.share /= sum;
}

void HostDetector::advance(const Observation& observation) {
  if (!scored_) read(observation, latest_);
  scored_ = false;
  advanced_ = true;
  const double elapsed_s = counted_elapsed_s(observation.elapsed_s, settings_.interval_s);
  if (latest_.counted != 0) joint_.advance(latest_.joint, elapsed_s);
  if (settings_.rarest) gross_.advance(latest_.deviations);
  // An average does not reach over a gap.
  if (is_gap(observation.elapsed_s, settings_.interval_s)) {
    joint_.begin_anew();
    for (std::size_t i = 0; i < settings_.feature_count; ++i) gross_.begin_anew(i);
  }
  for (std::size_t first = 0; first < settings_.feature_count; first += kFeatureLanes) {
    FeatureGroup& group = groups_[first / kFeatureLanes];
    group.move_on(values_of(observation, latest_.present, first, group.of_late), lanes_in(latest_.present, first));
  }
}

void HostDetector::update(const Observation& observation) {
  if (!advanced_) advance(observation);
  advanced_ = false;
  const std::uint64_t mask = latest_.present;
  if (mask == 0) return;
  const double elapsed_s = counted_elapsed_s(observation.elapsed_s, settings_.interval_s);
  const SeasonalBaseline::Visit visit = SeasonalBaseline::visit(latest_.slot, elapsed_s);
  const SeasonalBaseline::Parts& season = latest_.season;
  const double forgotten = forgotten_share(elapsed_s, kLevelHalfLifeS);
  // What a warm-up holds is what happens here.
  const bool far_is_one_event = rows_are_dense(settings_.interval_s) && ready();
  GrossChannel::Lesson tail_lesson;
  SeasonalBaseline::Lesson lesson;
  lesson.spread_too = true;
  for (std::size_t first = 0; first < settings_.feature_count; first += kFeatureLanes) {
    FeatureGroup& group = groups_[first / kFeatureLanes];
    const FeatureLanes taken = lanes_in(mask, first);
    const FeatureLanes value = values_of(observation, mask, first, group.last);
    // Before the row moves the smallest step, and with it the sd.
    const FeatureLanes change = lanes_of(latest_.change, first);
    const FeatureLanes change_sd = group.change_sd();
    const FeatureLanes step = group.step_to(value);
    const FeatureLanes sd = group.sd();
    const FeatureLanes above_level = group.last - group.mean;
    const FeatureLanes residual = above_level - (lanes_of(season.day, first) + lanes_of(season.week, first));
    const FeatureLanes z = residual.abs() / (sd * lanes_of(season.spread, first) * group.doubt);
    // What is known too little is not clipped, and neither its tail nor its season learns from it.
    const auto young = group.count < kUnclippedRows;
    const FeatureLanes bound = choose(young, kUnbounded, kClip);
    put_lanes(z.min(kLargestTailZ), tail_lesson.z, first);
    put_lanes(choose(group.count < kTailRows, 0.0, group.independence), tail_lesson.weight, first);
    put_lanes(above_level, lesson.above_level, first);
    put_lanes(sd, lesson.sd, first);
    put_lanes(choose(young, 0.0, taken), lesson.taken, first);
    group.learn(within(residual, bound * sd), step.min(2.0 * bound * sd), within(change, bound * change_sd),
                far_is_one_event ? worth_of(group, residual, sd, taken) : taken, forgotten);
    group.refresh(resolution(first));
  }
  // What a warm-up holds is learned, but not that it happens here.
  tail_lesson.largest =
      latest_.counted != 0 && ready() ? latest_.gross.largest : std::numeric_limits<double>::quiet_NaN();
  tail_lesson.elapsed_s = elapsed_s;
  if (settings_.rarest) gross_.learn(tail_lesson, mask, latest_.deviations, forgotten);
  if (latest_.counted != 0) joint_.learn(latest_.joint, forgotten, elapsed_s);
  season_.learn_all(visit, season, lesson);
  held_s_ = 0.0;
  // What is routine goes on to be, until it is usual.
  if (latest_.routine > 0.0) routine_.note(observation.local_time_s, latest_.surprise, latest_.blamed);
  learned_s_ += elapsed_s;
  ++learned_rows_;
}

void HostDetector::observe_unlearned(const Observation& observation) {
  if (!advanced_) advance(observation);
  advanced_ = false;
  const double elapsed_s = counted_elapsed_s(observation.elapsed_s, settings_.interval_s);
  const double forgotten = forgotten_share(elapsed_s, held_half_life_s(settings_.interval_s));
  const SeasonalBaseline::Visit visit = SeasonalBaseline::visit(latest_.slot, elapsed_s);
  held_s_ += elapsed_s;
  if (settings_.rarest)
    gross_.hold(latest_.counted != 0 ? latest_.gross.largest : std::numeric_limits<double>::quiet_NaN(), elapsed_s,
                held_s_);
  unlearned_slot_ = visit.slot;
  SeasonalBaseline::Lesson lesson{};
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = observation.values.data()[i];
    if (!observation.present[i] || !is_reading(value)) continue;
    unlearned_[i].add(value, forgotten);
    const FeatureGroup& group = groups_[i / kFeatureLanes];
    if (group.count[i % kFeatureLanes] < kUnclippedRows) continue;
    lesson.above_level[i] = value - group.mean[i % kFeatureLanes];
    lesson.sd[i] = sd(i);
    lesson.taken[i] = 1.0;
  }
  season_.learn_all(visit, latest_.season, lesson);
  if (held_s_ <= kLongestRoutineS) routine_.note(observation.local_time_s, latest_.surprise, latest_.blamed);
}

void HostDetector::accept_level() {
  bool moved = false;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const ForgettingMoments& held = unlearned_[i];
    FeatureGroup& group = groups_[i / kFeatureLanes];
    const std::size_t k = i % kFeatureLanes;
    const double count = group.count[k];
    const double mean = group.mean[k];
    const double variance = group.variance[k];
    if (held.count < 1.0 || count < 1.0) continue;
    // Without the season as it is by now: it may have learned a part of the new level.
    const double held_level = held.mean - season_.expected(i, unlearned_slot_);
    if (std::fabs(held_level - mean) <= kMovedBy * sd(i) && std::sqrt(held.variance) <= kMovedBy * sd(i)) continue;
    group.mean.set(k, held_level);
    moved = true;
    // What lies in the averages was measured against the old level.
    gross_.begin_anew(i);
    joint_.begin_anew();
    const double wider = std::max(variance, held.variance);
    // Neighbours are taken to be as alike as before, in proportion to the new variance.
    if (variance > 0.0) group.squared_step.set(k, group.squared_step[k] * (wider / variance));
    group.variance.set(k, wider);
    // Young again: the new level is known from few rows and must be free to settle.
    group.count.set(k, std::min(count, std::max(held.count, kUnclippedRows)));
  }
  // It was not the level that was strange: what strays so far from it is usual now.
  if (!moved) forget_spread();
  refresh();
  discard_unlearned();
}

void HostDetector::discard_unlearned() { std::fill(unlearned_.begin(), unlearned_.end(), ForgettingMoments{}); }

// The variance has floors for rows that were means, and moves to that of single samples within hours.
void HostDetector::forget_spread() {
  gross_.forget_spread();
  joint_.forget_spread();
}

bool HostDetector::forget_feature(std::size_t feature) {
  groups_[feature / kFeatureLanes].forget(feature % kFeatureLanes);
  refresh();
  season_.forget(feature);
  gross_.forget(feature);
  joint_.forget(feature);
  unlearned_[feature] = {};
  scored_ = advanced_ = false;
  return true;
}

double HostDetector::learning_ratio() const {
  const double rows = static_cast<double>(learned_rows_) / kCountedRows;
  const double time = settings_.warm_up_s > 0.0 ? learned_s_ / settings_.warm_up_s : 1.0;
  return std::clamp(std::min(rows, time), 0.0, 1.0);
}

void HostDetector::reset() {
  std::fill(groups_.begin(), groups_.end(), FeatureGroup{});
  refresh();
  season_.reset();
  joint_.reset();
  gross_.reset();
  routine_.reset();
  held_s_ = 0.0;
  scored_ = advanced_ = false;
  discard_unlearned();
  learned_s_ = 0.0;
  learned_rows_ = 0;
}

std::size_t HostDetector::memory_bytes() const {
  return sizeof(*this) - sizeof(season_) - sizeof(joint_) - sizeof(gross_) + season_.memory_bytes() +
         joint_.memory_bytes() + gross_.memory_bytes() + groups_.capacity() * sizeof(FeatureGroup) +
         unlearned_.capacity() * sizeof(ForgettingMoments) + joint_bytes_.capacity() * sizeof(double);
}

double HostDetector::operations_per_sample() const {
  constexpr double kPerFeature = 200.0;  // 80 to score, 120 to learn
  constexpr double kPerPair = 6.0;
  const auto d = static_cast<double>(settings_.feature_count);
  return kPerFeature * d + kPerPair * d * d;
}

}  // namespace epsilond::models
