#pragma once
// An isolation forest of a live machine: its trees are grown anew, one at a time, from the rows of the last day.
//
// Formula, source, golden data: isolation_forest.h. native and strangeness are its score; share as its add_parts().
// Rows are kept in a ring, every one until it is full, then evenly over `train_window_s`. The first forest is grown
// when 64 rows are there, a tree per row learned; then a tree is renewed every so often that a whole forest takes
// `retrain_every_s`, or, while less than that was learned, as long as was learned so far: a young forest ages fast.
// Cost per row: a comparison per tree and level, twice, a walk through each tree for the shares, and at most one tree
// grown (psi (features + depth) operations at most). Bytes: the forest, and 4 per value of the ring, 4 per ring row.
// Hazards: what lies outside everything learned scores alike, however far.
//
// Absent values stand at the feature's long-run mean, in the ring and in scoring. A row without any is not judged.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/bank_detector.h"
#include "models/outlier/isolation_forest.h"
#include "models/random.h"

namespace epsilond::models {

struct IsolationForestSettings {
  std::size_t trees = 100;
  std::size_t subsample = 256;       // rows per tree, 2 .. IsolationForest::kMaxSubsample
  double train_window_s = 86400.0;   // what the ring covers once it was full
  double retrain_every_s = 21600.0;  // in which all trees are renewed
  std::size_t ring_rows = 1440;      // >= 64
  std::uint64_t seed = 1;
};

class IsolationForestDetector final : public BankDetector {
 public:
  static constexpr std::size_t kFewestRows = 64;

  IsolationForestDetector(const BankSettings& bank, const IsolationForestSettings& settings);

  bool low_is_strange() const override { return false; }
  std::uint64_t trees_grown() const { return at_.grown; }  // since construction or the last reset

 protected:
  Judgement judge(const Observation& observation, FeatureVector& part) const override;
  void learn(const Observation& observation, double elapsed_s) override;
  bool fitted() const override { return at_.grown >= settings_.trees; }
  void forget() override;
  std::size_t own_memory_bytes() const override;
  double own_operations_per_sample() const override;
  std::size_t own_state_bytes() const override;
  void save_own(std::span<std::byte> out) const override;
  bool load_own(std::span<const std::byte> in) override;

 private:
  struct Schedule {
    std::uint64_t rows = 0;   // in the ring
    std::uint64_t place = 0;  // of the ring that is written next
    std::uint64_t grown = 0;
    double learned_s = 0.0;
    double since_kept_s = 0.0;
    double since_tree_s = 0.0;
  };

  std::size_t values_of(const Observation& observation, std::span<float> out) const;
  void keep(const Observation& observation);
  void grow_next();

  IsolationForestSettings settings_;
  IsolationForest forest_;
  Random random_;
  std::vector<double> origin_;  // per feature: what ring values are seen from
  std::vector<float> ring_;     // row by row
  std::vector<std::uint32_t> order_;
  mutable std::vector<float> row_;  // scratch: the row being judged, and the sentinel
  Schedule at_;
};

}  // namespace epsilond::models
