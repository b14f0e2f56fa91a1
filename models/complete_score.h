#pragma once
// Which scores compare with each other.

#include "models/score.h"

namespace epsilond::models {

// Everything that the model knows is in log_density.
inline bool is_complete(const Score& score) {
  return score.status == ScoreStatus::kScored && score.features_used > 0 && score.features_used >= score.features_known;
}

}  // namespace epsilond::models
