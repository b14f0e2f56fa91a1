#include "models/outlier/zscore_detector.h"

#include <algorithm>
#include <cmath>

#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kLargestZ = 1e100;  // its square is finite

}  // namespace

ZscoreDetector::ZscoreDetector(const ZscoreDetectorSettings& settings)
    : BankDetector(settings.bank), resolution_(settings.bank.resolution), learned_(settings.bank.feature_count) {
  if (settings.robust)
    window_.emplace(RobustWindowSettings{.feature_count = settings.bank.feature_count,
                                         .rows = settings.ring_rows,
                                         .interval_s = settings.bank.interval_s,
                                         .row_every_s = settings.ring_every_s});
}

bool ZscoreDetector::known(std::size_t i) const {
  return window_ ? window_->feature(i).values >= kFewestValues : learned_[i] >= kFewestValues;
}

double ZscoreDetector::centre(std::size_t i) const { return window_ ? window_->feature(i).median : mean(i); }

double ZscoreDetector::scale(std::size_t i) const {
  return window_ ? std::max(window_->feature(i).scale, resolution_[i]) : sd(i);
}

BankDetector::Judgement ZscoreDetector::judge(const Observation& observation, FeatureVector& part) const {
  Judgement judgement;
  for (std::size_t i = 0; i < feature_count(); ++i) {
    if (!observation.present[i] || !known(i)) continue;
    const auto at = static_cast<Eigen::Index>(i);
    const double z = std::min(std::fabs(observation.values[at] - centre(i)) / scale(i), kLargestZ);
    part[at] = std::max(0.0, z * z - 1.0);
    judgement.strangeness = std::max(judgement.strangeness, z);
    judgement.judged = true;
  }
  judgement.log_density = judgement.strangeness;
  return judgement;
}

void ZscoreDetector::learn(const Observation& observation, double elapsed_s) {
  for (std::size_t i = 0; i < feature_count(); ++i)
    if (observation.present[i] && std::isfinite(observation.values[static_cast<Eigen::Index>(i)]))
      learned_[i] = std::min(learned_[i] + 1, kFewestValues);
  if (!window_) return;
  window_->add(observation, elapsed_s);
  window_->refresh_one();
}

bool ZscoreDetector::fitted() const {
  for (std::size_t i = 0; i < feature_count(); ++i)
    if (known(i)) return true;
  return false;
}

void ZscoreDetector::forget() {
  std::fill(learned_.begin(), learned_.end(), 0U);
  if (window_) window_->reset();
}

std::size_t ZscoreDetector::own_memory_bytes() const {
  return sizeof(*this) - sizeof(BankDetector) + learned_.capacity() * sizeof(std::uint32_t) +
         (window_ ? window_->memory_bytes() : 0);
}

double ZscoreDetector::own_operations_per_sample() const {
  const auto features = static_cast<double>(feature_count());
  const double refreshes = window_ ? 20.0 * static_cast<double>(window_->rows()) : 0.0;
  return 12.0 * features + refreshes;
}

std::size_t ZscoreDetector::own_state_bytes() const {
  return learned_.size() * sizeof(std::uint32_t) + (window_ ? window_->state_bytes() : 0);
}

void ZscoreDetector::save_own(std::span<std::byte> out) const {
  put_bytes(out, learned_.data(), learned_.size());
  if (window_) window_->save(out);
}

bool ZscoreDetector::load_own(std::span<const std::byte> in) {
  std::array<std::uint32_t, kMaxFeatures> learned{};
  take_bytes(in, learned.data(), learned_.size());
  if (std::any_of(learned.begin(), learned.end(), [](std::uint32_t count) { return count > kFewestValues; }))
    return false;
  if (window_ && !window_->load(in)) return false;
  std::copy_n(learned.begin(), learned_.size(), learned_.begin());
  return true;
}

}  // namespace epsilond::models
