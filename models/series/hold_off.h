#pragma once
// Which scores of a series are alerts? One is followed by a silence that grows with the age of the series, so that one
// incident is not told twice.
//
// Formula: alert where score >= threshold and more than R values have passed since the last alert; R = clamp(growth *
// age in values at that alert, shortest, longest), its fraction dropped. With escalation e > 0 a score within the
// silence is an alert too where it is at least e times the last one; the silence goes on. Source: own work; its
// numbers: docs/models.md, section 9. Cost: a few comparisons. Bytes: 80.

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace epsilond::models {

struct HoldOffSettings {
  double threshold = 1.15;          // lower = more alerts; 1.5, 2, 2.5: 39, 71 and 79 % fewer false ones
  double growth = 0.04;             // of the silence, with the age
  double shortest = 5.0;            // values
  double longest = 200.0;           // values
  double escalation = 0.0;          // 0 = never within the silence; 1.3 to 1.6 are useful
  std::uint64_t silent_values = 0;  // at the start of the series, without an alert
};

class HoldOff {
 public:
  explicit HoldOff(const HoldOffSettings& settings) : settings_(settings) {}

  // One call per value; true for an alert. A score that is not finite is none.
  bool advance(double score) {
    const auto age = static_cast<double>(age_++);
    if (age_ <= settings_.silent_values || !std::isfinite(score)) return false;
    if (alerted_ && age - last_alert_ <= silence_) {
      const bool escalates = settings_.escalation > 0.0 && score >= settings_.escalation * last_score_;
      if (escalates) last_score_ = score;
      return escalates;
    }
    if (score < settings_.threshold) return false;
    alerted_ = true;
    last_alert_ = age;
    last_score_ = score;
    silence_ = std::floor(std::clamp(settings_.growth * age, settings_.shortest, settings_.longest));
    return true;
  }
  // True between an alert and the end of its silence.
  bool silent() const { return alerted_ && static_cast<double>(age_) - last_alert_ <= silence_; }
  void reset() { *this = HoldOff(settings_); }

 private:
  HoldOffSettings settings_;
  std::uint64_t age_ = 0;  // values so far
  bool alerted_ = false;
  double last_alert_ = 0.0;  // the age it came at
  double last_score_ = 0.0;
  double silence_ = 0.0;  // values
};

}  // namespace epsilond::models
