#include "agent/pipeline/make_model.h"

#include <algorithm>
#include <cstddef>

#include "models/bank_detector.h"
#include "models/density/mahalanobis_detector.h"
#include "models/density/mixture_detector.h"
#include "models/host_detector.h"
#include "models/outlier/isolation_forest_detector.h"
#include "models/outlier/kmeans_detector.h"
#include "models/outlier/zscore_detector.h"
#include "models/series/series_detector.h"

namespace epsilond::agent {
namespace {

constexpr std::size_t kRingRows = 1440;  // what a refit looks at, whatever the window

// A wobble that is nothing, in the units in which the model sees the feature.
double resolution_of(const Feature& feature, bool transformed) {
  return transformed ? feature.resolution : invert_transform(feature, feature.resolution);
}

// What every detector is told of its features and of time; the names of the members are the same in all settings.
template <typename Settings>
Settings common_settings(const ModelConfig& config, double interval_s, std::span<const Feature> table) {
  Settings settings;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!config.features.test(i)) continue;
    settings.resolution[settings.feature_count] = resolution_of(table[i], config.transform);
    settings.blame[settings.feature_count] = table[i].blame;
    ++settings.feature_count;
  }
  settings.interval_s = interval_s;
  settings.warm_up_s = config.warm_up_s;
  return settings;
}

// Time between the rows of a ring of kRingRows that spans the window.
double ring_every_s(const ModelTuning& tuning, double interval_s) {
  return std::max(interval_s, tuning.train_window_s / static_cast<double>(kRingRows));
}

models::MixtureDetectorSettings mixture_settings(const models::BankSettings& bank, const ModelTuning& tuning) {
  models::MixtureDetectorSettings settings;
  settings.bank = bank;
  settings.fit.components = tuning.components;
  settings.fit.most_components = tuning.components == 0 ? kMostComponents : tuning.components;
  settings.fit.seed = tuning.seed;
  settings.ring_rows = kRingRows;
  settings.ring_every_s = ring_every_s(tuning, bank.interval_s);
  settings.refit_every_s = tuning.retrain_every_s;
  return settings;
}

models::KMeansSettings kmeans_settings(const ModelTuning& tuning) {
  models::KMeansSettings settings;
  settings.smooth = tuning.smooth;
  settings.difference = tuning.difference;
  settings.lag = tuning.lag;
  settings.clusters = tuning.clusters;
  settings.models = tuning.models;
  settings.train_window_s = tuning.train_window_s;
  settings.retrain_every_s = tuning.retrain_every_s;
  settings.ring_rows = kRingRows;
  settings.cap = tuning.cap;
  settings.seed = tuning.seed;
  return settings;
}

models::IsolationForestSettings forest_settings(const ModelTuning& tuning) {
  models::IsolationForestSettings settings;
  settings.trees = tuning.trees;
  settings.subsample = tuning.subsample;
  settings.train_window_s = tuning.train_window_s;
  settings.retrain_every_s = tuning.retrain_every_s;
  settings.ring_rows = kRingRows;
  settings.seed = tuning.seed;
  return settings;
}

std::unique_ptr<models::AnomalyModel> make_bank_model(const ModelConfig& config, const models::BankSettings& bank) {
  const ModelTuning& tuning = config.tuning;
  switch (config.kind) {
    case ModelKind::kMahalanobis:
      return std::make_unique<models::MahalanobisDetector>(
          models::MahalanobisDetectorSettings{.bank = bank, .shrinkage = tuning.shrinkage});
    case ModelKind::kMixture:
      return std::make_unique<models::MixtureDetector>(mixture_settings(bank, tuning));
    case ModelKind::kKMeans:
      return std::make_unique<models::KMeansDetector>(bank, kmeans_settings(tuning));
    case ModelKind::kIsolationForest:
      return std::make_unique<models::IsolationForestDetector>(bank, forest_settings(tuning));
    case ModelKind::kZscore:
      return std::make_unique<models::ZscoreDetector>(models::ZscoreDetectorSettings{
          .bank = bank,
          .robust = tuning.robust,
          .ring_rows = kRingRows,
          .ring_every_s = ring_every_s(tuning, bank.interval_s)});
    case ModelKind::kSeries:
      return std::make_unique<models::SeriesDetector>(
          models::SeriesDetectorSettings{.bank = bank, .step_s = tuning.step_s});
    case ModelKind::kProduct:
      break;  // not of the bank
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<models::AnomalyModel> make_model(const ModelConfig& config, double interval_s,
                                                 std::span<const Feature> table) {
  if (config.kind != ModelKind::kProduct)
    return make_bank_model(config, common_settings<models::BankSettings>(config, interval_s, table));
  auto settings = common_settings<models::HostDetectorSettings>(config, interval_s, table);
  settings.baseline = config.baseline;
  settings.rarest = config.tuning.rarest_feature;
  settings.terms = {.heavy_tails = config.tuning.heavy_tails,
                    .change = config.tuning.change_term,
                    .covariance = config.tuning.covariance_term,
                    .time_scales = config.tuning.time_scales};
  return std::make_unique<models::HostDetector>(settings);
}

}  // namespace epsilond::agent
