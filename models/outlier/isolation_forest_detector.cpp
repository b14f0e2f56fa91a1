#include "models/outlier/isolation_forest_detector.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "models/elementary.h"
#include "models/learned_bounds.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

struct Shape {
  std::uint32_t version = 1;
  std::uint32_t features = 0;
  std::uint32_t trees = 0;
  std::uint32_t subsample = 0;
  std::uint64_t ring_rows = 0;

  bool operator==(const Shape&) const = default;
};

}  // namespace

IsolationForestDetector::IsolationForestDetector(const BankSettings& bank, const IsolationForestSettings& settings)
    : BankDetector(bank),
      settings_(settings),
      forest_(bank.feature_count, settings.trees, settings.subsample),
      random_(settings.seed),
      origin_(bank.feature_count, 0.0),
      ring_(settings.ring_rows * bank.feature_count, 0.0f),
      order_(settings.ring_rows),
      row_(bank.feature_count + 1, IsolationForest::kSentinel) {
  assert(settings.ring_rows >= kFewestRows);
}

// Returns how many features are present.
std::size_t IsolationForestDetector::values_of(const Observation& observation, std::span<float> out) const {
  std::size_t present = 0;
  for (std::size_t i = 0; i < feature_count(); ++i) {
    const double value = observation.values[static_cast<Eigen::Index>(i)];
    const bool usable = observation.present[i] && std::isfinite(value);
    out[i] = isolation_value(usable ? value : mean(i), origin_[i]);
    if (usable) ++present;
  }
  return present;
}

BankDetector::Judgement IsolationForestDetector::judge(const Observation& observation, FeatureVector& part) const {
  if (!fitted() || values_of(observation, row_) == 0) return {};
  forest_.add_parts(row_, part);
  for (std::size_t i = 0; i < feature_count(); ++i)
    if (!observation.present[i]) part[static_cast<Eigen::Index>(i)] = 0.0;
  const double score = forest_.score(row_);
  return {.judged = true, .log_density = score, .strangeness = score};
}

void IsolationForestDetector::keep(const Observation& observation) {
  // The first mean is the first value, so what was never seen starts at 0 and joins later.
  if (at_.rows == 0)
    for (std::size_t i = 0; i < feature_count(); ++i) origin_[i] = mean(i);
  const auto place = static_cast<std::size_t>(at_.place);
  values_of(observation, std::span(ring_).subspan(place * feature_count(), feature_count()));
  at_.place = at_.place + 1 < settings_.ring_rows ? at_.place + 1 : 0;
  at_.rows = std::min<std::uint64_t>(at_.rows + 1, settings_.ring_rows);
}

void IsolationForestDetector::grow_next() {
  const auto rows = static_cast<std::size_t>(at_.rows);
  const std::size_t wanted = std::min(settings_.subsample, rows);
  const std::span<std::uint32_t> order = std::span(order_).first(rows);
  std::iota(order.begin(), order.end(), 0U);
  shuffle_front(order, wanted, random_);
  for (std::size_t i = 0; i < wanted; ++i)
    std::copy_n(&ring_[order[i] * feature_count()], feature_count(), forest_.sample_row(i).begin());
  forest_.grow(static_cast<std::size_t>(at_.grown % settings_.trees), wanted, random_);
  ++at_.grown;
  at_.since_tree_s = 0.0;
}

void IsolationForestDetector::learn(const Observation& observation, double elapsed_s) {
  at_.learned_s += elapsed_s;
  at_.since_kept_s += elapsed_s;
  at_.since_tree_s += elapsed_s;
  const double step_s = settings_.train_window_s / static_cast<double>(settings_.ring_rows);
  if (at_.rows < settings_.ring_rows || at_.since_kept_s >= step_s) {
    keep(observation);
    at_.since_kept_s = 0.0;
  }
  if (at_.rows < kFewestRows) return;
  const double renewal_s = std::min(settings_.retrain_every_s, at_.learned_s) / static_cast<double>(settings_.trees);
  if (!fitted() || at_.since_tree_s >= renewal_s) grow_next();
}

void IsolationForestDetector::forget() {
  at_ = {};
  forest_.reset();
}

std::size_t IsolationForestDetector::own_memory_bytes() const {
  return sizeof(*this) - sizeof(BankDetector) + forest_.memory_bytes() + origin_.capacity() * sizeof(double) +
         (ring_.capacity() + row_.capacity()) * sizeof(float) + order_.capacity() * sizeof(std::uint32_t);
}

double IsolationForestDetector::own_operations_per_sample() const {
  const double depth = models::log2(static_cast<double>(settings_.subsample));
  return 2.0 * 2.0 * static_cast<double>(settings_.trees) * depth * 3.0;
}

std::size_t IsolationForestDetector::own_state_bytes() const {
  return sizeof(Shape) + sizeof(Schedule) + origin_.size() * sizeof(double) + ring_.size() * sizeof(float) +
         forest_.state_bytes();
}

void IsolationForestDetector::save_own(std::span<std::byte> out) const {
  const Shape shape{.features = static_cast<std::uint32_t>(feature_count()),
                    .trees = static_cast<std::uint32_t>(settings_.trees),
                    .subsample = static_cast<std::uint32_t>(settings_.subsample),
                    .ring_rows = settings_.ring_rows};
  put_bytes(out, &shape, 1);
  put_bytes(out, &at_, 1);
  put_bytes(out, origin_.data(), origin_.size());
  put_bytes(out, ring_.data(), ring_.size());
  forest_.save(out);
}

bool IsolationForestDetector::load_own(std::span<const std::byte> in) {
  Shape shape;
  Schedule at;
  take_bytes(in, &shape, 1);
  take_bytes(in, &at, 1);
  const Shape wanted{.features = static_cast<std::uint32_t>(feature_count()),
                     .trees = static_cast<std::uint32_t>(settings_.trees),
                     .subsample = static_cast<std::uint32_t>(settings_.subsample),
                     .ring_rows = settings_.ring_rows};
  if (shape != wanted || at.rows > settings_.ring_rows || at.place >= settings_.ring_rows || !is_count(at.learned_s) ||
      !is_count(at.since_kept_s) || !is_count(at.since_tree_s) || (at.grown > 0 && at.rows < kFewestRows))
    return false;
  std::span<const std::byte> rest = in;
  for (std::size_t i = 0; i < origin_.size(); ++i) {
    double origin = 0.0;
    take_bytes(rest, &origin, 1);
    if (!is_level(origin)) return false;
  }
  for (std::size_t i = 0; i < ring_.size(); ++i) {
    float value = 0.0f;
    take_bytes(rest, &value, 1);
    if (!std::isfinite(value)) return false;
  }
  if (!forest_.plausible(rest)) return false;
  take_bytes(in, origin_.data(), origin_.size());
  take_bytes(in, ring_.data(), ring_.size());
  forest_.load(in);
  at_ = at;
  return true;
}

}  // namespace epsilond::models
