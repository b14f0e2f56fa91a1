#include "models/density/mixture_batch.h"

#include <algorithm>
#include <array>

#include "models/density/gaussian_parts.h"

namespace epsilond::models {

MixtureBatch::MixtureBatch(const MixtureBatchSettings& settings)
    : settings_(settings),
      sample_(settings.feature_count, settings.fit.seed),
      mixture_(settings.feature_count,
               settings.fit.components > 0 ? settings.fit.components : settings.fit.most_components) {}

void MixtureBatch::learn(const Observation& row) {
  const CompleteRows::Use use = complete_.admit(row.present);
  if (use == CompleteRows::Use::kSkip) return;
  if (use != CompleteRows::Use::kAdd) sample_ = TrainingSample(settings_.feature_count, settings_.fit.seed);
  if (use == CompleteRows::Use::kRestart) return;
  if (row.present.count() == settings_.feature_count) {
    sample_.add({row.values.data(), settings_.feature_count});
    return;
  }
  std::array<double, kMaxFeatures> values{};  // 0 where no row has a value: constant, and never counted
  for (std::size_t i = 0; i < settings_.feature_count; ++i)
    if (row.present[i]) values[i] = row.values[static_cast<Eigen::Index>(i)];
  sample_.add(std::span(values).first(settings_.feature_count));
}

FitStatus MixtureBatch::fit() {
  if (sample_.rows() == 0) return FitStatus::kTooFewRows;
  MixtureFit fit(settings_.feature_count, settings_.fit);
  fit.begin(sample_.values());
  while (!fit.advance(sample_.rows())) {
  }
  if (fit.status() != FitStatus::kFitted) return fit.status();
  if (!mixture_.set(fit.best())) return FitStatus::kDegenerate;
  mixture_.expect(complete_.seen());
  mean_log_likelihood_ = fit.mean_log_likelihood();
  bic_ = fit.bic();
  iterations_ = fit.iterations();
  converged_ = fit.converged();
  components_.clear();
  for (std::size_t c = 0; c < mixture_.components(); ++c) {
    components_.push_back(component_of(mixture_.component(c)));
    components_.back().weight = mixture_.weight(c);
  }
  return FitStatus::kFitted;
}

BatchScore MixtureBatch::score(const Observation& row) {
  const PresenceMask kept = row.present & complete_.seen();
  if (kept.none()) return {};
  const Mixture::Density density = mixture_.density(row.values, kept);
  return {.judged = true, .native = density.log_density, .strangeness = -density.completed};
}

void MixtureBatch::explain(const Observation& row, FeatureParts& parts) const {
  const PresenceMask kept = row.present & complete_.seen();
  const std::size_t nearest = kept.any() ? mixture_.density(row.values, kept).nearest : 0;
  const FullGaussian& gaussian = mixture_.component(nearest);
  explain_by(gaussian, kept.any() ? mixture_.marginal(nearest, kept) : gaussian, row, kept, parts);
}

}  // namespace epsilond::models
