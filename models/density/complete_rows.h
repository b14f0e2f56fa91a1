#pragma once
// Which training rows are complete: have every feature that any training row has. Known only behind the last row, so
// what was gathered is thrown away when a row brings a feature that was in none before: all rows until then lack it.

#include "models/observation.h"

namespace epsilond::models {

// The variance of a feature that never moved in training: a standard deviation of 0.001 of its unit.
inline constexpr double kConstantVariance = 1e-6;

class CompleteRows {
 public:
  enum class Use {
    kSkip,     // the row is not complete
    kAdd,      // it is, as far as is known
    kRestart,  // it brings a new feature, and not all the others: nothing that was gathered is complete
    kRestartAndAdd,
  };

  Use admit(const PresenceMask& present) {
    const PresenceMask together = seen_ | present;
    const bool more = together != seen_;
    seen_ = together;
    if (present != seen_ || present.none()) return more ? Use::kRestart : Use::kSkip;
    return more ? Use::kRestartAndAdd : Use::kAdd;
  }
  // Features that had a value in some row.
  const PresenceMask& seen() const { return seen_; }

 private:
  PresenceMask seen_;
};

}  // namespace epsilond::models
