#include "models/anomaly_model.h"

namespace epsilond::models {

AnomalyModel::~AnomalyModel() = default;

}  // namespace epsilond::models
