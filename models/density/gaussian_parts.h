#pragma once
// What batch models made of full-covariance Gaussians say for reports and explanations.

#include "models/batch_model.h"
#include "models/density/full_gaussian.h"

namespace epsilond::models {

// Mean and covariance as a full matrix, with the weight 1.
GaussianComponent component_of(const FullGaussian& gaussian);
// Expected values and shares of the `kept` features of a row. `marginal` is that of `gaussian` over them. Shares are
// the parts of the squared distance; a negative part counts nothing. All 0 if nothing is kept.
void explain_by(const FullGaussian& gaussian, const FullGaussian& marginal, const Observation& row,
                const PresenceMask& kept, FeatureParts& parts);

}  // namespace epsilond::models
