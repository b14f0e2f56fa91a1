#include "models/series/series_detector.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "models/decision/threshold.h"
#include "models/elementary.h"
#include "models/learned_bounds.h"
#include "models/series/series_surprise.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr std::uint64_t kFewestScored = 30;  // means before their scores are anything but noise

constexpr double kAlertScore = 1.15;
constexpr double kLowestRate = 0.5;      // few small alerts do not make large ones as rare
constexpr double kPriorAlerts = 5.0;     // that the line for all series is worth
constexpr double kMostExpected = 100.0;  // then both counts are halved: a series may change its nature

struct Header {
  double score = 0.0;
  std::uint64_t scored = 0;
  std::uint64_t judged = 0;
  double alerts = 0.0;
  double expected = 0.0;
};

}  // namespace

SeriesDetector::SeriesDetector(const SeriesDetectorSettings& settings)
    : BankDetector(settings.bank), step_s_(std::max(settings.step_s, settings.bank.interval_s)), ensemble_(step_s_) {
  assert(settings.bank.feature_count == 1);
}

SeriesDetector::Step SeriesDetector::step_with(const Observation& observation) const {
  Step step = step_;
  const double elapsed_s = observation.elapsed_s;
  step.elapsed_s += std::isfinite(elapsed_s) && elapsed_s > 0.0 ? elapsed_s : interval_s();
  if (observation.present[0]) {
    step.sum += observation.values[0];
    step.values += 1.0;
  }
  return step;
}

// Half an interval early, or jitter would now and then put one row too many into a mean.
bool SeriesDetector::complete(const Step& step, const Observation& observation) const {
  return observation.present[0] && step.elapsed_s + 0.5 * interval_s() >= step_s_;
}

bool SeriesDetector::judges_next() const { return scored_ >= kFewestScored && !ensemble_.opening(); }

BankDetector::Judgement SeriesDetector::judge(const Observation& observation, FeatureVector& part) const {
  Judgement judgement;
  if (!observation.present[0]) return judgement;
  const Step step = step_with(observation);
  const bool now = complete(step, observation);
  const double score = now ? ensemble_.score(observation.local_time_s, step.sum / step.values) : score_;
  judgement.judged = now ? judges_next() : judged_;
  judgement.log_density = score;
  judgement.strangeness = score;
  part[0] = score;
  return judgement;
}

void SeriesDetector::count_mean(bool starts_alert) {
  expected_ += models::exp(-std::numbers::ln10 * series_surprise(kAlertScore));
  if (starts_alert) alerts_ += 1.0;
  if (expected_ < kMostExpected) return;
  expected_ *= 0.5;
  alerts_ *= 0.5;
}

double SeriesDetector::surprise(double strangeness) const {
  const double line = series_surprise(strangeness);
  const double own_rate = std::max(kLowestRate, (alerts_ + kPriorAlerts) / (expected_ + kPriorAlerts));
  const double means_per_row = interval_s() / step_s_;
  if (line == 0.0) return 0.0;
  // A budget asks a third of its rate of the rows, for they come in runs: episodes do not.
  return std::max(0.0, line + models::log10(kDeclusteringFactor / (own_rate * means_per_row)));
}

void SeriesDetector::move_on(const Observation& observation) {
  const Step step = step_with(observation);
  completed_ = complete(step, observation);
  if (!completed_) {
    step_ = step;
    return;
  }
  const double mean = step.sum / step.values;
  const bool was_alert = judged_ && score_ >= kAlertScore;
  score_ = ensemble_.score(observation.local_time_s, mean);
  judged_ = judges_next();
  if (judged_ && fitted()) count_mean(!was_alert && score_ >= kAlertScore);
  ++scored_;
  ensemble_.advance(observation.local_time_s, mean);
  learns_ = step.learned + 1.0 == step.values;
  step_ = {};
}

void SeriesDetector::learn(const Observation& observation, double elapsed_s) {
  static_cast<void>(observation);
  static_cast<void>(elapsed_s);
  if (!completed_)
    step_.learned += 1.0;
  else if (learns_)
    ensemble_.learn();
}

bool SeriesDetector::fitted() const { return ensemble_.learned() >= SeriesEnsemble::kSilentValues; }

void SeriesDetector::forget() {
  ensemble_.reset();
  step_ = {};
  score_ = 0.0;
  scored_ = 0;
  alerts_ = expected_ = 0.0;
  judged_ = learns_ = completed_ = false;
}

std::size_t SeriesDetector::own_memory_bytes() const {
  return sizeof(*this) - sizeof(BankDetector) - sizeof ensemble_ + ensemble_.memory_bytes();
}

double SeriesDetector::own_operations_per_sample() const {
  constexpr double kPerMean = 4500.0;  // three readings of the ensemble and one learning
  return 10.0 + kPerMean * std::min(1.0, interval_s() / step_s_);
}

std::size_t SeriesDetector::own_state_bytes() const { return sizeof(Header) + ensemble_.state_bytes(); }

void SeriesDetector::save_own(std::span<std::byte> out) const {
  const Header header{
      .score = score_, .scored = scored_, .judged = judged_ ? 1U : 0U, .alerts = alerts_, .expected = expected_};
  put_bytes(out, &header, 1);
  ensemble_.save(out);
}

// The mean that was being made is lost: it is shorter than the restart.
bool SeriesDetector::load_own(std::span<const std::byte> in) {
  Header header;
  take_bytes(in, &header, 1);
  if (!is_size(header.score) || header.judged > 1 || !is_count(header.alerts) ||
      !(header.expected >= 0.0 && header.expected <= kMostExpected) || !ensemble_.load(in))
    return false;
  step_ = {};
  score_ = header.score;
  scored_ = header.scored;
  alerts_ = header.alerts;
  expected_ = header.expected;
  judged_ = header.judged == 1;
  learns_ = completed_ = false;
  return true;
}

}  // namespace epsilond::models
