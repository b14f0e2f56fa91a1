#pragma once
// The episode state machine: raised by m strange verdicts of the last n, cleared by a stretch of quiet time.

#include <cstdint>

#include "models/decision/threshold.h"

namespace epsilond::models {

enum class Transition : std::uint8_t { kNone, kRaised, kCleared };

struct HysteresisSettings {
  unsigned raise_m = 1;        // 1 .. raise_n
  unsigned raise_n = 1;        // 1 .. 64
  double clear_after_s = 30.0; // > 0: time without a strange verdict before the episode ends
};

class Hysteresis {
 public:
  explicit Hysteresis(const HysteresisSettings& settings) : settings_(settings) {}

  // `elapsed_s`: measured time since the previous call. An unjudged verdict is not strange but is not quiet either:
  // it moves no clock towards clearing.
  Transition advance(const Verdict& verdict, double elapsed_s);
  bool raised() const { return raised_; }
  double quiet_s() const { return quiet_s_; }
  void reset();

 private:
  HysteresisSettings settings_;
  std::uint64_t recent_ = 0;  // bit 0 = latest verdict
  double quiet_s_ = 0.0;
  bool raised_ = false;
};

}  // namespace epsilond::models
