#include "agent/outputs/model_reading.h"

#include <optional>

#include "agent/config/config_keys.h"
#include "agent/pipeline/explanation.h"
#include "models/complete_score.h"

namespace epsilond::agent {

bool is_odd(const Watcher& watcher) { return watcher.anomalous() || watcher.latest().verdict.strange; }

platform::Reading reading_of(const Watcher& watcher) {
  const Snapshot& latest = watcher.latest();
  const models::UsualScore& usual = watcher.usual_score();
  platform::Reading reading;
  reading.model = watcher.name();
  reading.anomalous = watcher.anomalous() ? 1.0 : 0.0;
  reading.learning_ratio = watcher.model().learning_ratio();
  const bool density = has_density(watcher.config().kind);
  if (density && models::is_complete(latest.score)) reading.log_super_epsilon = latest.score.log_density;
  if (density && usual.known()) {
    reading.log_super_epsilon_expected = usual.mean();
    reading.log_super_epsilon_variance = usual.variance();
  }
  if (latest.score.status == models::ScoreStatus::kScored) {
    reading.surprise = latest.score.surprise;
    if (watcher.config().threshold == models::ThresholdForm::kBudget)
      reading.surprise_threshold = latest.verdict.threshold;
  }
  if (is_odd(watcher)) {
    const ModelView view = watcher.view();
    if (const std::optional<std::size_t> column = leading_column(latest, view))
      reading.top_feature = view.table[view.columns[*column]].name;
  }
  return reading;
}

}  // namespace epsilond::agent
