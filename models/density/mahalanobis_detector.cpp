#include "models/density/mahalanobis_detector.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/elementary.h"
#include "models/learned_bounds.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kHalfLifeS = 3.0 * 86400.0;
constexpr double kClip = 6.0;         // sd, in learning
constexpr double kFewestRows = 30.0;  // before the first fit
constexpr double kRowsPerFit = 100.0;
constexpr double kYoungFits = 10.0;    // a young fit stands for a tenth of the rows it was made of
constexpr double kLargestYoung = 0.9;  // shrinkage
constexpr double kConstant = 1e-12;    // mean z^2 of a feature that does not move: nothing correlates with it

}  // namespace

MahalanobisDetector::MahalanobisDetector(const MahalanobisDetectorSettings& settings)
    : BankDetector(settings.bank),
      least_shrinkage_(settings.shrinkage),
      products_(packed_size(settings.bank.feature_count)),
      scratch_(packed_size(settings.bank.feature_count)),
      gaussian_(settings.bank.feature_count),
      marginal_(settings.bank.feature_count) {}

BankDetector::Judgement MahalanobisDetector::judge(const Observation& observation, FeatureVector& part) const {
  const PresenceMask kept = observation.present & PresenceMask(learned_.fitted_known);
  if (!fitted() || kept.none()) return {};
  std::array<double, kMaxFeatures> z{};
  std::array<double, kMaxFeatures> parts{};
  std::array<double, kMaxFeatures> conditional_z{};
  std::size_t count = 0;
  double log_sd = 0.0;
  for (std::size_t i = 0; i < feature_count(); ++i) {
    if (!kept[i]) continue;
    const double own_sd = sd(i);
    z[count++] = (observation.values[static_cast<Eigen::Index>(i)] - mean(i)) / own_sd;
    log_sd += models::log(own_sd);
  }
  const FullGaussian& gaussian = marginal_.of(gaussian_, kept);
  const std::span<const double> row = std::span(z).first(count);
  const double square = gaussian.squared_distance(row);
  gaussian.parts(row, parts, conditional_z);
  count = 0;
  for (std::size_t i = 0; i < feature_count(); ++i)
    if (kept[i]) part[static_cast<Eigen::Index>(i)] = std::clamp(parts[count++], 0.0, FullGaussian::kLargestSquare);
  Judgement out;
  out.judged = true;
  out.log_density = gaussian.log_peak() - 0.5 * square - log_sd;
  const bool all = kept.to_ullong() == learned_.fitted_known;
  const double missing = all ? 0.0 : whole_ - gaussian.mean_squared_distance(learned_.used_shrinkage);
  out.strangeness = std::sqrt(std::max(0.0, square + missing));
  return out;
}

void MahalanobisDetector::learn(const Observation& observation, double elapsed_s) {
  std::array<double, kMaxFeatures> z{};
  PresenceMask present;
  for (std::size_t i = 0; i < feature_count(); ++i) {
    const double value = observation.values[static_cast<Eigen::Index>(i)];
    if (!observation.present[i] || !is_reading(value)) continue;
    present.set(i);
    z[i] = std::clamp((value - mean(i)) / sd(i), -kClip, kClip);
  }
  const double gain = forgetting_gain(forgotten_share(elapsed_s, kHalfLifeS), learned_.rows);
  double* product = products_.data();
  for (std::size_t i = 0; i < feature_count(); ++i) {
    for (std::size_t j = 0; j <= i && present[i]; ++j)
      if (present[j]) product[j] += gain * (z[i] * z[j] - product[j]);
    product += i + 1;
  }
  learned_.known |= present.to_ullong();
  learned_.squared_weights = (1.0 - gain) * (1.0 - gain) * learned_.squared_weights + gain * gain;
  learned_.rows += 1.0;
  learned_.rows_since_fit += 1.0;
  if (learned_.rows < kFewestRows) return;
  if (!fitted() || learned_.rows_since_fit >= std::min(kRowsPerFit, learned_.rows / kYoungFits)) fit();
}

void MahalanobisDetector::fit() {
  const auto scale = [&](std::size_t i) {
    const double square = products_[packed_at(i, i)];
    return square > kConstant ? 1.0 / std::sqrt(square) : 0.0;
  };
  for (std::size_t i = 0; i < feature_count(); ++i) {
    const double own = scale(i);
    for (std::size_t j = 0; j < i; ++j)
      scratch_[packed_at(i, j)] = std::clamp(products_[packed_at(i, j)] * own * scale(j), -1.0, 1.0);
    scratch_[packed_at(i, i)] = 1.0;
  }
  const std::array<double, kMaxFeatures> zero{};
  const double young = static_cast<double>(feature_count()) * learned_.squared_weights;
  const double wanted = std::max(least_shrinkage_, std::min(kLargestYoung, young));
  const double used = gaussian_.set_shrunk(std::span(zero).first(feature_count()), scratch_, wanted);
  learned_.rows_since_fit = 0.0;
  if (used < 0.0) return;
  learned_.used_shrinkage = used;
  learned_.fitted = 1;
  learned_.fitted_known = learned_.known;
  marginal_.forget();
  whole_ = marginal_.of(gaussian_, PresenceMask(learned_.fitted_known)).mean_squared_distance(used);
}

void MahalanobisDetector::forget() {
  learned_ = {};
  std::fill(products_.begin(), products_.end(), 0.0);
}

std::size_t MahalanobisDetector::own_memory_bytes() const {
  return sizeof(*this) - sizeof(BankDetector) + (products_.capacity() + scratch_.capacity()) * sizeof(double) +
         gaussian_.memory_bytes() + marginal_.memory_bytes();
}

double MahalanobisDetector::own_operations_per_sample() const {
  const auto d = static_cast<double>(feature_count());
  // Two judgements of a distance and its parts, products, and the fit.
  return 2.0 * (3.0 * d * d + 40.0 * d) + 2.0 * d * d + d * d * d / 150.0;
}

std::size_t MahalanobisDetector::own_state_bytes() const {
  return sizeof(Learned) + 2 * products_.size() * sizeof(double);
}

void MahalanobisDetector::save_own(std::span<std::byte> out) const {
  put_bytes(out, &learned_, 1);
  put_bytes(out, products_.data(), products_.size());
  put_bytes(out, gaussian_.covariance().data(), products_.size());
}

bool MahalanobisDetector::plausible(const Learned& learned, std::span<const double> products) {
  for (const double value : {learned.rows, learned.squared_weights, learned.rows_since_fit, learned.used_shrinkage})
    if (!is_count(value)) return false;
  if (learned.squared_weights > 1.0 || learned.used_shrinkage > 1.0 || learned.fitted > 1 ||
      (learned.fitted_known & ~learned.known) != 0 || (learned.fitted == 1 && learned.fitted_known == 0))
    return false;
  return std::all_of(products.begin(), products.end(), [](double p) { return std::fabs(p) <= kClip * kClip; });
}

bool MahalanobisDetector::load_own(std::span<const std::byte> in) {
  Learned learned;
  std::array<double, packed_size(kMaxFeatures)> products;
  take_bytes(in, &learned, 1);
  take_bytes(in, products.data(), products_.size());
  const std::span<const double> loaded = std::span(products).first(products_.size());
  if (!plausible(learned, loaded)) return false;
  for (std::size_t i = 0; i < feature_count(); ++i)
    if (loaded[packed_at(i, i)] < 0.0) return false;
  if (feature_count() < kMaxFeatures && learned.known >> feature_count() != 0) return false;
  take_bytes(in, scratch_.data(), scratch_.size());
  for (std::size_t i = 0; i < feature_count(); ++i)
    if (scratch_[packed_at(i, i)] != 1.0) return false;
  const std::array<double, kMaxFeatures> zero{};
  if (!gaussian_.set(std::span(zero).first(feature_count()), scratch_)) return false;
  learned_ = learned;
  std::copy(loaded.begin(), loaded.end(), products_.begin());
  marginal_.forget();
  if (fitted()) {
    whole_ =
        marginal_.of(gaussian_, PresenceMask(learned_.fitted_known)).mean_squared_distance(learned_.used_shrinkage);
  }
  return true;
}

}  // namespace epsilond::models
