#include "models/batch_model.h"

namespace epsilond::models {

BatchModel::~BatchModel() = default;

}  // namespace epsilond::models
