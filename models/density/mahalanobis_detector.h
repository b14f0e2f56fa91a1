#pragma once
// One Gaussian with a full covariance, at work on a live machine: the `mahalanobis` model of the agent. It knows how
// features move together, so a row can be odd none of whose features is.
//
// Formula: z = (x - mean) / sd of each feature (bank_detector.h); C_ij += gain (z_i z_j - C_ij), z within 6, with a
// half-life of 3 days of real elapsed time; R = the correlations of C, taken times 1 - l, l = max(shrinkage, min(0.9, d
// / n)) for d features and n = 1 / sum of squared weights of the rows. log density = ln N(z; 0, R) - sum of ln sd.
// strangeness = the distance sqrt(z' R^-1 z), to whose square an absent feature adds what it adds on average. Part of
// feature i: z_i (R^-1 z)_i, at least 0.
// Source: density/full_gaussian.h; the constants are those of the covariance term in docs/models.md, section 9.
// Cost for d features: about 4 d^2 + 80 d operations per row and 2/3 d^3 once in 100 rows (while young, once in a tenth
// of the rows learned so far). Bytes: about 24 d^2 + 2 KB. Hazards: neighbouring rows are not independent, so d / n is
// too small if anything: l is never below `shrinkage`. C may be no covariance if features are absent in turn; then l
// grows until it is.

#include "models/bank_detector.h"
#include "models/density/full_gaussian.h"

namespace epsilond::models {

struct MahalanobisDetectorSettings {
  BankSettings bank;
  double shrinkage = 0.1;  // the least l, in [0, 1]
};

class MahalanobisDetector final : public BankDetector {
 public:
  explicit MahalanobisDetector(const MahalanobisDetectorSettings& settings);

  double shrinkage() const { return learned_.used_shrinkage; }  // l in use; 0 before the first fit

 protected:
  Judgement judge(const Observation& observation, FeatureVector& part) const override;
  void learn(const Observation& observation, double elapsed_s) override;
  bool fitted() const override { return learned_.fitted != 0; }
  void forget() override;
  std::size_t own_memory_bytes() const override;
  double own_operations_per_sample() const override;
  std::size_t own_state_bytes() const override;
  void save_own(std::span<std::byte> out) const override;
  bool load_own(std::span<const std::byte> in) override;

 private:
  // Saved as it is.
  struct Learned {
    double rows = 0.0;
    double squared_weights = 0.0;
    double rows_since_fit = 0.0;
    double used_shrinkage = 0.0;
    std::uint64_t known = 0;         // features that had a value, a bit each
    std::uint64_t fitted_known = 0;  // of them, those in the fit
    std::uint64_t fitted = 0;
  };

  void fit();
  static bool plausible(const Learned& learned, std::span<const double> products);

  double least_shrinkage_;
  Learned learned_;
  std::vector<double> products_;  // C, packed
  std::vector<double> scratch_;
  FullGaussian gaussian_;  // N(0, R)
  double whole_ = 0.0;     // mean squared distance of rows with all features in the fit
  mutable MarginalCache marginal_;
};

}  // namespace epsilond::models
