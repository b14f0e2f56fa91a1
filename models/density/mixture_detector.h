#pragma once
// A Gaussian mixture at work on a live machine: the `mixture` model of the agent. It knows several states of the
// machine (idle, busy, backup), each with features that move together in its own way.
//
// Formula: log density of the mixture (density/mixture.h); strangeness = minus that, completed for absent features.
// Part of feature i: its part of the squared distance to the component that has most of the row, at least 0. The
// mixture is fitted (density/mixture_fit.h) to a ring of rows: at first every row; when the ring is full, every second
// of them is kept and they are taken half as often, until they come every ring_every_s; from then on the oldest goes.
// First fit: after the warm-up time, with 30 rows and three per feature; then when the learned time has doubled, at the
// latest after refit_every_s. The resolution squared is added to the variances, and a component of w n rows has its
// correlations times 1 - min(0.9, d / (w n)).
// Source: the parts'. Cost: two judgements, and while a fit runs rows_per_tick rows of it per sample; at intervals
// above 1 s up to 16 times as many. Bytes: 8 d ring_rows, and about 32 k d^2 + 1.5 KB d.
// Hazards: rows that were learned before a feature had its first value count as its mean. The ring is not part of the
// saved state: after a restart the fit stands until the new ring spans as much time as its own did.

#include <vector>

#include "models/bank_detector.h"
#include "models/density/mixture.h"
#include "models/density/mixture_fit.h"

namespace epsilond::models {

struct MixtureDetectorSettings {
  BankSettings bank;
  MixtureFitSettings fit{.most_components = 3};
  std::size_t ring_rows = 1440;       // at least 30 and 3 per feature; raised to that if below
  double ring_every_s = 60.0;         // > 0; the interval if that is longer
  double refit_every_s = 6.0 * 3600;  // > 0, learned time
  std::size_t rows_per_tick = 512;    // of a fit, at an interval of up to 1 s; >= 1
};

class MixtureDetector final : public BankDetector {
 public:
  explicit MixtureDetector(const MixtureDetectorSettings& settings);

  const Mixture& mixture() const { return mixture_; }
  std::size_t rows_per_tick() const { return rows_per_tick_; }  // the most that one update() reads for a fit
  std::uint64_t rows_read() const { return fit_.rows_read(); }  // by fits, since construction
  std::size_t ring_rows() const { return used_; }
  double ring_every_s() const { return every_s_; }
  std::uint64_t fits() const { return fits_; }  // finished since construction

 protected:
  Judgement judge(const Observation& observation, FeatureVector& part) const override;
  void learn(const Observation& observation, double elapsed_s) override;
  bool fitted() const override { return mixture_.components() > 0; }
  void forget() override;
  std::size_t own_memory_bytes() const override;
  double own_operations_per_sample() const override;
  std::size_t own_state_bytes() const override;
  void save_own(std::span<std::byte> out) const override;
  bool load_own(std::span<const std::byte> in) override;

 private:
  // Saved as it is.
  struct Learned {
    double age_s = 0.0;       // learned time
    double fit_span_s = 0.0;  // of the rows of the fit
    std::uint64_t known = 0;  // features that had a value, a bit each
    std::uint64_t fitted_known = 0;
    std::uint64_t components = 0;
  };

  void take_row(const Observation& observation);
  void thin();
  bool due() const;
  void begin_fit();
  void adopt_fit();
  double span_s() const;
  void empty_ring();

  MixtureDetectorSettings settings_;
  std::size_t rows_per_tick_;
  Learned learned_;
  std::vector<double> ring_;  // row by row; NaN = absent
  std::size_t used_ = 0;      // rows
  std::size_t next_ = 0;      // the row to go, once all are used
  double every_s_;            // between rows, for now
  double since_row_s_ = 0.0;
  double ring_age_s_ = 0.0;
  double since_begin_s_ = 0.0;  // learned time since the last fit began
  double begin_span_s_ = 0.0;   // of the fit that runs
  double begin_age_s_ = 0.0;    // learned time when it or the last one began
  std::uint64_t begin_known_ = 0;
  std::uint64_t fits_ = 0;
  std::vector<double> floor_;
  MixtureFit fit_;
  mutable Mixture mixture_;
};

}  // namespace epsilond::models
