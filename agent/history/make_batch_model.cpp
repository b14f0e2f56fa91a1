#include "agent/history/make_batch_model.h"

#include "models/density/mahalanobis_batch.h"
#include "models/density/mixture_batch.h"
#include "models/density/product_batch.h"
#include "models/outlier/isolation_forest_batch.h"
#include "models/outlier/kmeans_batch.h"
#include "models/outlier/zscore_batch.h"
#include "models/series/series_batch.h"

namespace epsilond::agent {
namespace {

models::MixtureBatchSettings mixture_settings(const ModelTuning& tuning, std::size_t feature_count) {
  models::MixtureBatchSettings settings;
  settings.feature_count = feature_count;
  settings.fit.components = tuning.components;
  settings.fit.most_components = tuning.components == 0 ? kMostComponents : tuning.components;
  settings.fit.starts = tuning.starts;
  settings.fit.seed = tuning.seed;
  return settings;
}

models::KMeansBatchSettings kmeans_settings(const ModelTuning& tuning, std::size_t feature_count) {
  models::KMeansBatchSettings settings;
  settings.window.feature_count = feature_count;
  settings.window.smooth = tuning.smooth;
  settings.window.difference = tuning.difference;
  settings.window.lag = tuning.lag;
  settings.clusters = tuning.clusters;
  settings.starts = tuning.starts;
  settings.cap = tuning.cap;
  settings.standardise = tuning.standardise;
  settings.seed = tuning.seed;
  return settings;
}

models::SeriesBatchSettings series_settings(const ModelTuning& tuning) {
  models::SeriesBatchSettings settings;
  settings.hold_off.threshold = settings.opening_limit = tuning.alert_score;
  settings.hold_off.escalation = tuning.escalation;
  settings.seed = tuning.seed;
  return settings;
}

}  // namespace

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
  switch (kind) {
    case ModelKind::kProduct:
      break;
    case ModelKind::kMahalanobis:
      return std::make_unique<models::MahalanobisBatch>(
          models::MahalanobisBatchSettings{.feature_count = feature_count,
                                           .shrinkage = tuning.shrinkage,
                                           .automatic_shrinkage = tuning.best_shrinkage,
                                           .seed = tuning.seed});
    case ModelKind::kMixture:
      return std::make_unique<models::MixtureBatch>(mixture_settings(tuning, feature_count));
    case ModelKind::kKMeans:
      return std::make_unique<models::KMeansBatch>(kmeans_settings(tuning, feature_count));
    case ModelKind::kIsolationForest:
      return std::make_unique<models::IsolationForestBatch>(
          models::IsolationForestBatchSettings{.feature_count = feature_count,
                                               .trees = tuning.trees,
                                               .subsample = tuning.subsample,
                                               .seed = tuning.seed});
    case ModelKind::kZscore:
      return std::make_unique<models::ZscoreBatch>(
          models::ZscoreSettings{.feature_count = feature_count, .robust = tuning.robust, .seed = tuning.seed});
    case ModelKind::kSeries:
      return std::make_unique<models::SeriesBatch>(series_settings(tuning));
  }
  return std::make_unique<models::ProductBatch>(feature_count);
}

}  // namespace epsilond::agent
