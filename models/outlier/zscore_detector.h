#pragma once
// How many standard deviations is the latest row from what is usual, in the feature where it is farthest? Plain or
// robust.
//
// Formula: as outlier/zscore_batch.h, score = max |z| over the present features that were learned for kFewestValues
// values. Plain: the moments of BankDetector (half-life 5 days, clipped residuals). Robust: median and 1.4826 MAD over
// about a day (outlier/robust_window.h), refreshed one feature per learned row. The scale is never below the feature's
// resolution. Surprise, explanation and state: models/bank_detector.h. Cost: 5 operations per feature; robust and a
// refresh of about 20 us while a new row of the ring has not been seen by every feature. Bytes: 100 per feature; robust
// about 5,800 more, and as many in the saved state. Hazards: a maximum over features is calibrated by its own tail, so
// a single feature that is often far out hides the others; no season: what is usual at night only is odd.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/bank_detector.h"
#include "models/outlier/robust_window.h"

namespace epsilond::models {

struct ZscoreDetectorSettings {
  BankSettings bank;
  bool robust = false;
  std::size_t ring_rows = 1440;  // robust only, as below
  double ring_every_s = 60.0;
};

class ZscoreDetector final : public BankDetector {
 public:
  static constexpr std::uint32_t kFewestValues = 30;

  explicit ZscoreDetector(const ZscoreDetectorSettings& settings);

  bool low_is_strange() const override { return false; }

 protected:
  Judgement judge(const Observation& observation, FeatureVector& part) const override;
  void learn(const Observation& observation, double elapsed_s) override;
  bool fitted() const override;
  void forget() override;
  std::size_t own_memory_bytes() const override;
  double own_operations_per_sample() const override;
  std::size_t own_state_bytes() const override;
  void save_own(std::span<std::byte> out) const override;
  bool load_own(std::span<const std::byte> in) override;

 private:
  bool known(std::size_t i) const;
  double centre(std::size_t i) const;
  double scale(std::size_t i) const;

  std::array<double, kMaxFeatures> resolution_;
  std::vector<std::uint32_t> learned_;  // values per feature, up to kFewestValues
  std::optional<RobustWindow> window_;  // robust only
};

}  // namespace epsilond::models
