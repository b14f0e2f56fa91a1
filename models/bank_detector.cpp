#include "models/bank_detector.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/learned_bounds.h"
#include "models/learning_time.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kClip = 6.0;            // sd, in learning
constexpr double kUnclippedRows = 30.0;  // a young sd is too unsure to clip by
constexpr double kUncertainty = 3.0;     // of a mean and a variance from n samples: variance (1 + 3 / n)

struct Header {
  std::uint32_t magic = 0x444b4e42;  // also tells a state of the other byte order apart
  std::uint32_t version = 1;
  std::uint64_t feature_count = 0;
  std::uint64_t learned_rows = 0;
  double learned_s = 0.0;
};

}  // namespace

BankDetector::BankDetector(const BankSettings& settings)
    : settings_(settings),
      moments_(settings.feature_count),
      unlearned_(settings.feature_count),
      tail_(tail_memory(settings.interval_s)) {
  assert(settings.feature_count >= 1 && settings.feature_count <= kMaxFeatures);
}

double BankDetector::sd(std::size_t i) const {
  const ForgettingMoments& moments = moments_[i];
  const double widened = moments.variance * (1.0 + kUncertainty / std::max(moments.count, 1.0));
  return std::max(std::sqrt(widened), settings_.resolution[i]);
}

Score BankDetector::score(const Observation& observation) const {
  const auto rows = static_cast<Eigen::Index>(settings_.feature_count);
  assert(observation.values.size() == rows);
  Score score;
  score.sample_count = learned_rows_;
  score.mean = score.z = score.share = FeatureVector::Zero(rows);
  score.sd = FeatureVector::Ones(rows);
  bool finite = true;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    if (moments_[i].count >= kUnclippedRows) ++score.features_known;
    if (!observation.present[i]) continue;
    const auto row = static_cast<Eigen::Index>(i);
    const double value = observation.values[row];
    if (!is_reading(value)) {
      finite = false;
      continue;
    }
    if (moments_[i].count >= kUnclippedRows) ++score.features_used;
    score.mean[row] = moments_[i].count > 0.0 ? moments_[i].mean : value;
    score.sd[row] = sd(i);
    score.z[row] = (value - score.mean[row]) / score.sd[row];
  }
  if (!finite) {
    score.status = ScoreStatus::kNonFinite;
    return score;
  }
  const Judgement judgement = judge(observation, score.share);
  for (std::size_t i = 0; i < settings_.feature_count; ++i)
    if (settings_.blame[i] > 0.0) score.share[static_cast<Eigen::Index>(i)] *= settings_.blame[i];
  const double sum = score.share.sum();
  if (sum > 0.0)
    score.share /= sum;
  else
    score.share.setZero();
  score.log_density = judgement.log_density;
  if (!judgement.judged || !ready()) return score;
  score.status = ScoreStatus::kScored;
  score.surprise = surprise(judgement.strangeness);
  return score;
}

void BankDetector::advance(const Observation& observation) {
  latest_ = {};
  bool finite = true;
  for (std::size_t i = 0; i < settings_.feature_count; ++i)
    finite = finite && (!observation.present[i] || is_reading(observation.values[static_cast<Eigen::Index>(i)]));
  if (!finite) return;
  FeatureVector part = FeatureVector::Zero(static_cast<Eigen::Index>(settings_.feature_count));
  latest_ = judge(observation, part);
  move_on(observation);
}

void BankDetector::update(const Observation& observation) {
  const double elapsed_s = counted_elapsed_s(observation.elapsed_s, settings_.interval_s);
  const double forgotten = forgotten_share(elapsed_s, kLevelHalfLifeS);
  if (latest_.judged) tail_.learn(latest_.strangeness);
  bool learned = false;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = observation.values[static_cast<Eigen::Index>(i)];
    if (!observation.present[i] || !is_reading(value)) continue;
    ForgettingMoments& moments = moments_[i];
    double residual = value - moments.mean;
    if (moments.count >= kUnclippedRows) residual = std::clamp(residual, -kClip * sd(i), kClip * sd(i));
    moments.add_residual(residual, forgetting_gain(forgotten, moments.count));
    learned = true;
  }
  if (!learned) return;
  learned_s_ += elapsed_s;
  ++learned_rows_;
  learn(observation, elapsed_s);
}

void BankDetector::observe_unlearned(const Observation& observation) {
  const double half_life_s = held_half_life_s(settings_.interval_s);
  const double forgotten = forgotten_share(counted_elapsed_s(observation.elapsed_s, settings_.interval_s), half_life_s);
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = observation.values[static_cast<Eigen::Index>(i)];
    if (observation.present[i] && is_reading(value)) unlearned_[i].add(value, forgotten);
  }
}

void BankDetector::accept_level() {
  for (std::size_t i = 0; i < settings_.feature_count; ++i)
    if (unlearned_[i].count >= 1.0) moments_[i] = unlearned_[i];
  discard_unlearned();
  forget();
  tail_.reset();
  latest_ = {};
}

void BankDetector::discard_unlearned() { std::fill(unlearned_.begin(), unlearned_.end(), ForgettingMoments{}); }

double BankDetector::learning_ratio() const {
  const double rows = static_cast<double>(learned_rows_) / kUnclippedRows;
  const double time = settings_.warm_up_s > 0.0 ? learned_s_ / settings_.warm_up_s : 1.0;
  const double scores = tail_.count() / ScoreTail::kFewestScores;
  const double done = std::clamp(std::min({rows, time, scores}), 0.0, 1.0);
  return fitted() ? done : std::min(done, 0.99);
}

void BankDetector::reset() {
  std::fill(moments_.begin(), moments_.end(), ForgettingMoments{});
  discard_unlearned();
  forget();
  tail_.reset();
  latest_ = {};
  learned_s_ = 0.0;
  learned_rows_ = 0;
}

std::size_t BankDetector::memory_bytes() const {
  return sizeof(*this) + (moments_.capacity() + unlearned_.capacity()) * sizeof(ForgettingMoments) + own_memory_bytes();
}

double BankDetector::operations_per_sample() const {
  return 40.0 * static_cast<double>(settings_.feature_count) + own_operations_per_sample();
}

std::size_t BankDetector::state_bytes() const {
  return sizeof(Header) + moments_.size() * sizeof(ForgettingMoments) + ScoreTail::kStateBytes + own_state_bytes();
}

void BankDetector::save(std::span<std::byte> out) const {
  Header header;
  header.feature_count = settings_.feature_count;
  header.learned_rows = learned_rows_;
  header.learned_s = learned_s_;
  put_bytes(out, &header, 1);
  put_bytes(out, moments_.data(), moments_.size());
  tail_.save(out.first<ScoreTail::kStateBytes>());
  save_own(out.subspan(ScoreTail::kStateBytes));
}

bool BankDetector::load(std::span<const std::byte> in) {
  if (in.size() != state_bytes()) return false;
  const Header wanted;
  Header header;
  take_bytes(in, &header, 1);
  if (header.magic != wanted.magic || header.version != wanted.version ||
      header.feature_count != settings_.feature_count || !is_count(header.learned_s))
    return false;
  std::array<ForgettingMoments, kMaxFeatures> moments;
  take_bytes(in, moments.data(), moments_.size());
  for (std::size_t i = 0; i < moments_.size(); ++i)
    if (!moments[i].plausible()) return false;
  ScoreTail tail(tail_memory(settings_.interval_s));
  if (!tail.load(in.first<ScoreTail::kStateBytes>()) || !load_own(in.subspan(ScoreTail::kStateBytes))) return false;
  std::copy_n(moments.begin(), moments_.size(), moments_.begin());
  tail_ = tail;
  learned_rows_ = header.learned_rows;
  learned_s_ = header.learned_s;
  discard_unlearned();
  return true;
}

}  // namespace epsilond::models
