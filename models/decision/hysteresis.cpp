#include "models/decision/hysteresis.h"

#include <bit>

namespace epsilond::models {

Transition Hysteresis::advance(const Verdict& verdict, double elapsed_s) {
  const bool strange = verdict.judged && verdict.strange;
  const std::uint64_t window =
      settings_.raise_n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << settings_.raise_n) - 1;
  recent_ = ((recent_ << 1) | (strange ? 1u : 0u)) & window;
  if (!raised_) {
    if (!strange || static_cast<unsigned>(std::popcount(recent_)) < settings_.raise_m) return Transition::kNone;
    raised_ = true;
    quiet_s_ = 0.0;
    return Transition::kRaised;
  }
  if (strange) quiet_s_ = 0.0;
  if (verdict.judged && !strange && elapsed_s > 0.0) quiet_s_ += elapsed_s;
  if (quiet_s_ < settings_.clear_after_s) return Transition::kNone;
  reset();
  return Transition::kCleared;
}

void Hysteresis::reset() {
  recent_ = 0;
  quiet_s_ = 0.0;
  raised_ = false;
}

}  // namespace epsilond::models
