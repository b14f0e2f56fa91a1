#pragma once
// k-means on a live machine, as Netdata does it: several models of different age, and a row is as strange as the one
// that finds it least so.
//
// Formula: lagged_window.h makes a vector of each row; a model is kmeans.h fitted to vectors of the last
// `train_window_s`, each feature divided by its standard deviation then (not less than its resolution; a feature
// without either is left out). native = strangeness = the smallest score of the models: Netdata calls a value anomalous
// if all scores reach 0.99. share: by the squares in the distance to the nearest centre of that model. Vectors are kept
// in a ring, every one until it is full, then evenly over the window. The first model is fitted to 64 of them, the next
// ones whenever the ring holds four times as many as at the last fit, and from then on every `retrain_every_s`; each
// replaces the oldest. A fit does a bounded part of its work per row learned, and while it runs, the ring stands still.
// Source, golden data: see kmeans.h, kmeans_fit.h. Cost per row: twice 3 operations per entry, centre and model, and a
// chunk or a few of KMeansFit. Bytes: 4 per entry of the ring, 28 per ring row, 8 per entry, centre and model, and 24
// per entry and model. Hazards: the least of the scores sees only what is strange to every age; a model fitted to a
// fault takes it for usual.
//
// Absent values: see LaggedWindow; the entries of an absent feature stand at the mean of the fit. A row that lacks
// every feature is not judged. A gap of more than 10 intervals empties the window, unless it holds one row only.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/bank_detector.h"
#include "models/outlier/kmeans.h"
#include "models/outlier/kmeans_fit.h"
#include "models/outlier/lagged_window.h"
#include "models/outlier/row_blocks.h"

namespace epsilond::models {

struct KMeansSettings {
  std::size_t smooth = 3;  // see LagSettings
  std::size_t difference = 1;
  std::size_t lag = 5;
  std::size_t clusters = 2;         // 1 .. 64
  std::size_t models = 1;           // >= 1
  double train_window_s = 21600.0;  // what the ring covers once it was full
  double retrain_every_s = 10800.0;
  std::size_t ring_rows = 1440;  // >= 64
  double cap = 0.0;              // largest score; 0 = none
  std::uint64_t seed = 1;
};

// Netdata's own: a model every 3 hours from the last 6, 18 of them kept.
inline KMeansSettings netdata_kmeans() {
  KMeansSettings settings;
  settings.models = 18;
  return settings;
}

class KMeansDetector final : public BankDetector {
 public:
  static constexpr std::size_t kFewestVectors = 64;

  KMeansDetector(const BankSettings& bank, const KMeansSettings& settings);

  bool low_is_strange() const override { return false; }
  std::uint64_t models_fitted() const { return at_.fitted; }  // since construction or the last reset

 protected:
  Judgement judge(const Observation& observation, FeatureVector& part) const override;
  void move_on(const Observation& observation) override;
  void learn(const Observation& observation, double elapsed_s) override;
  bool fitted() const override { return at_.fitted > 0; }
  void forget() override;
  std::size_t own_memory_bytes() const override;
  double own_operations_per_sample() const override;
  std::size_t own_state_bytes() const override;
  void save_own(std::span<std::byte> out) const override;
  bool load_own(std::span<const std::byte> in) override;

 private:
  enum class Phase : std::uint8_t { kIdle, kMoments, kCentres, kRange };
  struct Schedule {
    std::uint64_t rows = 0;   // in the ring
    std::uint64_t place = 0;  // of the ring that is written next
    std::uint64_t fitted = 0;
    std::uint64_t rows_at_fit = 0;
    double since_kept_s = 0.0;
    double since_fit_s = 0.0;
  };

  bool gap_before(const Observation& observation) const;
  std::size_t models_in_use() const;
  KMeansPlan plan() const;
  void keep_vector();
  bool fit_is_due() const;
  void begin_fit();
  void work(std::size_t chunks);
  void add_moments(std::size_t first_row, std::size_t last_row);
  void finish_moments();
  void copy_centres();
  void measure(std::size_t first_row, std::size_t last_row);
  void finish_fit();
  bool plausible(std::span<const std::byte> in) const;

  KMeansSettings settings_;
  std::array<double, kMaxFeatures> resolution_;
  double gap_s_;
  LaggedWindow window_;
  std::vector<KMeans> models_;  // fitted number n stands at n % models
  KMeans next_;                 // being fitted
  KMeansFit fit_;
  RowBlocks ring_;              // vectors, each feature seen from its origin
  std::vector<double> origin_;  // per feature
  std::vector<double> newest_;  // vector of the latest row; NaN where absent
  bool newest_is_new_ = false;
  mutable std::vector<double> vector_;  // scratch of judge() and measure()
  Schedule at_;

  Phase phase_ = Phase::kIdle;
  std::size_t row_ = 0;  // of the phase: the next to look at
  std::size_t chunks_per_row_ = 1;
  std::vector<double> sum_;  // per feature, about the mean of the last fit
  std::vector<double> squares_;
  std::vector<float> mean_;  // per entry, of the last fit, in the ring's terms
  std::vector<float> scale_;
  double smallest_ = 0.0;
  double largest_ = 0.0;
};

}  // namespace epsilond::models
