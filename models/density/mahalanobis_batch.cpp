#include "models/density/mahalanobis_batch.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/density/gaussian_parts.h"

namespace epsilond::models {
namespace {

constexpr std::uint64_t kFewestRows = 2;

std::span<const double> values_of(const Observation& row) {
  return {row.values.data(), static_cast<std::size_t>(row.values.size())};
}

}  // namespace

MahalanobisBatch::MahalanobisBatch(const MahalanobisBatchSettings& settings)
    : settings_(settings),
      moments_(settings.feature_count),
      sample_(settings.feature_count, settings.seed),
      gaussian_(settings.feature_count),
      marginal_(settings.feature_count) {}

void MahalanobisBatch::learn(const Observation& row) {
  const CompleteRows::Use use = complete_.admit(row.present);
  if (use == CompleteRows::Use::kSkip) return;
  if (use != CompleteRows::Use::kAdd) {
    moments_.reset();
    sample_ = TrainingSample(settings_.feature_count, settings_.seed);
  }
  if (use == CompleteRows::Use::kRestart) return;
  if (row.present.count() == settings_.feature_count) {
    moments_.add(values_of(row));
    if (settings_.automatic_shrinkage) sample_.add(values_of(row));
    return;
  }
  std::array<double, kMaxFeatures> values{};  // 0 where no row has a value: constant, and never counted
  for (std::size_t i = 0; i < settings_.feature_count; ++i)
    if (row.present[i]) values[i] = row.values[static_cast<Eigen::Index>(i)];
  const std::span<const double> filled = std::span(values).first(settings_.feature_count);
  moments_.add(filled);
  if (settings_.automatic_shrinkage) sample_.add(filled);
}

FitStatus MahalanobisBatch::fit() {
  if (moments_.rows() < kFewestRows) return FitStatus::kTooFewRows;
  const std::size_t width = settings_.feature_count;
  std::array<double, kMaxFeatures> mean;
  std::array<double, packed_size(kMaxFeatures)> covariance;
  for (std::size_t at = 0; at < packed_size(width); ++at) covariance[at] = moments_.covariance(at);
  for (std::size_t i = 0; i < width; ++i) {
    mean[i] = moments_.mean(i);
    double& variance = covariance[packed_at(i, i)];
    if (!(variance > 0.0)) variance = kConstantVariance;
  }
  const double wanted = settings_.automatic_shrinkage ? ledoit_wolf() : settings_.shrinkage;
  shrinkage_ =
      gaussian_.set_shrunk(std::span(mean).first(width), std::span(covariance).first(packed_size(width)), wanted);
  if (!(shrinkage_ >= 0.0)) {
    shrinkage_ = 0.0;
    return FitStatus::kDegenerate;
  }
  marginal_.forget();
  whole_mean_ = mean_log_density(marginal_.of(gaussian_, complete_.seen()));
  component_ = std::make_unique<GaussianComponent>(component_of(gaussian_));
  return FitStatus::kFitted;
}

// Of the features that moved. With x the standardised rows, n of them, p features and R their correlations:
// d = |R|^2 / p - 1 (the mean of the diagonal is 1), b = (mean of |x|^4 - |R|^2) / (p n), l = min(b, d) / d.
double MahalanobisBatch::ledoit_wolf() const {
  const std::size_t width = settings_.feature_count;
  std::array<double, kMaxFeatures> inverse_sd{};
  double p = 0.0;
  for (std::size_t i = 0; i < width; ++i) {
    const double variance = moments_.covariance(packed_at(i, i));
    if (!(variance > 0.0)) continue;
    inverse_sd[i] = 1.0 / std::sqrt(variance);
    p += 1.0;
  }
  double squares = p;  // of the correlations; 1 each on the diagonal
  for (std::size_t i = 0; i < width; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const double correlation = moments_.covariance(packed_at(i, j)) * inverse_sd[i] * inverse_sd[j];
      squares += 2.0 * correlation * correlation;
    }
  double fourth = 0.0;
  for (std::size_t row = 0; row < sample_.rows(); ++row) {
    const std::span<const double> x = sample_.row(row);
    double square = 0.0;
    for (std::size_t i = 0; i < width; ++i) {
      const double z = (x[i] - moments_.mean(i)) * inverse_sd[i];
      square += z * z;
    }
    fourth += square * square;
  }
  const double distance = squares / p - 1.0;
  const double noise =
      (fourth / static_cast<double>(sample_.rows()) - squares) / (p * static_cast<double>(moments_.rows()));
  const double least = std::min(noise, distance);
  return least > 0.0 ? least / distance : 0.0;
}

double MahalanobisBatch::mean_log_density(const FullGaussian& gaussian) const {
  return gaussian.log_peak() - 0.5 * gaussian.mean_squared_distance(shrinkage_);
}

BatchScore MahalanobisBatch::score(const Observation& row) {
  const PresenceMask kept = row.present & complete_.seen();
  if (kept.none()) return {};
  if (kept.count() == gaussian_.size()) {
    const double log_density = gaussian_.log_density(values_of(row));
    return {.judged = true, .native = log_density, .strangeness = -log_density};
  }
  std::array<double, kMaxFeatures> x;
  const std::size_t count = gather(row.values, kept, x);
  const FullGaussian& marginal = marginal_.of(gaussian_, kept);
  const double log_density = marginal.log_density(std::span(x).first(count));
  const double completed = log_density + whole_mean_ - mean_log_density(marginal);
  return {.judged = true, .native = log_density, .strangeness = -completed};
}

void MahalanobisBatch::explain(const Observation& row, FeatureParts& parts) const {
  const PresenceMask kept = row.present & complete_.seen();
  explain_by(gaussian_, kept.none() ? gaussian_ : marginal_.of(gaussian_, kept), row, kept, parts);
}

}  // namespace epsilond::models
