#pragma once
// The only place that names concrete batch models: from a kind and its tuning to a model that can be fitted.

#include <cstddef>
#include <memory>

#include "agent/config/config.h"
#include "models/batch_model.h"

namespace epsilond::agent {

// The tuning that a batch starts from: plain textbook models, which compare with other programs. Where a live model is
// careful (shrinkage, standardised and differenced series, several ages), this one is not.
ModelTuning batch_tuning(ModelKind kind);

std::unique_ptr<models::BatchModel> make_batch_model(ModelKind kind, const ModelTuning& tuning,
                                                     std::size_t feature_count);

}  // namespace epsilond::agent
