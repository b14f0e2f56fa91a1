#include "models/decision/score_tail.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "models/elementary.h"

namespace epsilond::models {
namespace {

constexpr double kOctavesPerSd = 0.4;
constexpr double kLargestSd = 100.0;  // beyond, the straight line of the tail says nothing more
constexpr double kClip = 12.0;        // sd: one score cannot spoil the scale
constexpr double kUnclippedScores = 30.0;
constexpr double kSmallestSd = 1e-12;  // relative to the mean: a constant score has a scale all the same

}  // namespace

ScoreTail::ScoreTail(double capacity) : capacity_(capacity), tail_(capacity) {}

double ScoreTail::scaled(double score) const {
  const double sd = std::max(std::sqrt(moments_.variance), kSmallestSd * (1.0 + std::fabs(moments_.mean)));
  return models::exp2(kOctavesPerSd * std::clamp((score - moments_.mean) / sd, -kLargestSd, kLargestSd));
}

void ScoreTail::learn(double score) {
  if (!std::isfinite(score)) return;
  if (moments_.count >= kFewestScores) tail_.learn(scaled(score));
  double residual = score - moments_.mean;
  if (moments_.count >= kUnclippedScores && moments_.variance > 0.0) {
    const double bound = kClip * std::sqrt(moments_.variance);
    residual = std::clamp(residual, -bound, bound);
  }
  moments_.add_residual(residual, forgetting_gain(1.0 / capacity_, moments_.count));
}

double ScoreTail::surprise(double score) const {
  if (moments_.count < kFewestScores || std::isnan(score)) return 0.0;
  return tail_.surprise(scaled(score));
}

void ScoreTail::reset() {
  moments_ = {};
  tail_.reset();
}

void ScoreTail::save(std::span<std::byte, kStateBytes> out) const {
  std::memcpy(out.data(), &moments_, sizeof moments_);
  std::memcpy(out.data() + sizeof moments_, tail_.counts().data(), tail_.counts().size_bytes());
}

bool ScoreTail::load(std::span<const std::byte, kStateBytes> in) {
  ForgettingMoments moments;
  std::array<float, ParetoTail::kBins> counts;
  std::memcpy(&moments, in.data(), sizeof moments);
  std::memcpy(counts.data(), in.data() + sizeof moments, sizeof counts);
  if (!moments.plausible() || !tail_.restore(counts)) return false;
  moments_ = moments;
  return true;
}

}  // namespace epsilond::models
