#include "agent/history/make_batch_model.h"

#include "models/density/product_batch.h"

namespace epsilond::agent {

ModelTuning batch_tuning(ModelKind kind) {
  ModelTuning tuning;
  tuning.shrinkage = 0.0;
  tuning.smooth = 1;
  tuning.difference = 0;
  tuning.lag = 0;
  tuning.models = 1;
  tuning.standardise = false;
  tuning.starts = kind == ModelKind::kKMeans ? 10 : 1;
  return tuning;
}

std::unique_ptr<models::BatchModel> make_batch_model(ModelKind kind, const ModelTuning& tuning,
                                                     std::size_t feature_count) {
  static_cast<void>(kind);
  static_cast<void>(tuning);
  return std::make_unique<models::ProductBatch>(feature_count);
}

}  // namespace epsilond::agent
