#pragma once
// The only place that names concrete live models: from a `[model NAME]` to the detector that does the work.

#include <memory>
#include <span>

#include "agent/config/config.h"
#include "agent/pipeline/feature_table.h"
#include "models/anomaly_model.h"

namespace epsilond::agent {

// `table`: see features_for(). The features of the model are the rows whose bit is set in config.features.
std::unique_ptr<models::AnomalyModel> make_model(const ModelConfig& config, double interval_s,
                                                 std::span<const Feature> table);

}  // namespace epsilond::agent
