#pragma once
// Fits a Gaussian mixture to rows, in slices of as many rows as the caller has time for.
//
// Formula: on standardised rows, expectation maximisation: share r_c of a row ~ w_c N(x; m_c, S_c); w_c = mean r_c, m_c
// = sum r_c x / sum r_c, S_c = sum r_c (x - m_c)(x - m_c)' / sum r_c + regularisation I; until the mean log-likelihood
// changes by less than the tolerance. Start: centres by k-means++ (the best of four draws each) and at most 20 rounds
// of k-means, each row then wholly its nearest centre's, all on 4096 (or 8 n k) of the rows if there are more. The
// number of components is given, or has the smallest BIC of 1 .. k_max; of several starts the best counts.
// Sources: A. P. Dempster, N. M. Laird, D. B. Rubin, J. Royal Statistical Society B 39(1), 1977; D. Arthur, S.
// Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007; rows are drawn in one pass by M. T. Chao,
// Biometrika 69(3), 1982.
// Reference for tests: scikit-learn GaussianMixture from the same start, tests/golden/make_density_golden.py.
// Cost for n features and k components: about 2 k n (n + 4) operations and k exponentials per row and iteration. Bytes:
// about 16 k n^2 + 1.5 KB n + 0.5 KB k; the rows are the caller's. Hazards: a local optimum, as every EM; components
// that hold hardly more rows than features are carried by the regularisation alone.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/batch_model.h"
#include "models/density/mixture.h"
#include "models/random.h"

namespace epsilond::models {

struct MixtureFitSettings {
  std::size_t components = 0;        // 0: chosen by BIC of 1 .. most_components
  std::size_t most_components = 5;   // 1 .. kMaxComponents; not below `components`
  std::size_t starts = 1;            // >= 1
  std::size_t max_iterations = 100;  // >= 1
  double tolerance = 1e-3;           // of the mean log-likelihood; >= 0
  double regularisation = 1e-6;      // added to each diagonal, times the feature's variance; > 0
  std::uint64_t seed = 1;
};

class MixtureFit {
 public:
  // All memory is taken here.
  MixtureFit(std::size_t width, const MixtureFitSettings& settings);

  // `rows`: row by row, `width` values each, at least one row. They stay where they are until the fit is finished;
  // between calls of advance() single values may change: an iteration sees what it reads. NaN counts as the feature's
  // mean. `floor`: a variance per feature that is added to each diagonal; empty = none, and a feature that never moves
  // gets kConstantVariance.
  void begin(std::span<const double> rows, std::span<const double> floor = {});
  // The same with one start, from these parameters, in the units of the rows, and as many components as they have.
  void begin_from(const MixtureParameters& start, std::span<const double> rows, std::span<const double> floor = {});
  // Reads at most `most_rows` rows, at least 1. True once the fit is finished.
  bool advance(std::size_t most_rows);
  void abandon() { phase_ = Phase::kIdle; }
  bool running() const { return phase_ != Phase::kIdle; }

  // Of the fit that finished last. kTooFewRows: fewer rows than components, or than two; kDegenerate: fewer distinct
  // rows than components, or values whose squares overflow.
  FitStatus status() const { return status_; }
  // In the units of the rows. The other accessors are of it; valid after kFitted.
  const MixtureParameters& best() const { return best_; }
  double mean_log_likelihood() const { return best_likelihood_; }
  double bic() const { return best_bic_; }
  std::size_t iterations() const { return best_iterations_; }
  bool converged() const { return best_converged_; }
  std::size_t rows() const { return rows_.size() / width_; }

  std::uint64_t rows_read() const { return rows_read_; }  // since construction
  std::size_t memory_bytes() const;                       // owned, without sizeof

 private:
  static constexpr std::size_t kTries = 4;
  enum class Phase : std::uint8_t { kIdle, kMoments, kDraw, kTry, kCluster, kHard, kExpectation, kFinal };

  void start_over(std::span<const double> rows, std::span<const double> floor);
  void enter(Phase phase);
  std::size_t pass_rows() const;
  const double* row_at(std::size_t at, std::size_t stretch) const;
  void load(std::size_t count);
  void read_block(std::size_t count);
  void finish_pass();
  void finish_moments();
  void finish_draw();
  void finish_try();
  void finish_cluster();
  void finish_expectation();
  void finish_candidate();
  void begin_candidate();
  void next_candidate(bool degenerate);
  void finish();

  void add_moments(std::size_t count);
  void nearest_centre(std::size_t count, double* least);
  void draw(std::size_t count);
  void try_drawn(std::size_t count);
  void assign_nearest(std::size_t count, bool moments);
  void expect(std::size_t count, bool moments);
  bool maximise();
  bool whiten();
  std::span<double> sums_of(std::size_t c);

  std::size_t width_;
  MixtureFitSettings settings_;
  std::span<const double> rows_;
  Phase phase_ = Phase::kIdle;
  FitStatus status_ = FitStatus::kTooFewRows;
  Random random_{0};
  std::size_t at_ = 0;  // row of the pass
  std::uint64_t rows_read_ = 0;
  bool given_start_ = false;

  std::vector<double> shift_, inverse_scale_, scale_;
  std::vector<double> added_;   // to each diagonal, of standardised rows
  std::vector<double> floor_;   // as handed in
  std::vector<double> counts_;  // values seen per feature
  std::vector<double> squares_;

  std::size_t start_ = 0;
  std::size_t seeds_ = 0;   // centres drawn so far
  std::size_t rounds_ = 0;  // of k-means
  std::size_t iteration_ = 0;
  double weight_seen_ = 0.0;                // of the rows a centre is drawn from
  std::vector<double> drawn_;               // kTries candidates for the next centre
  std::array<double, kTries> potential_{};  // sum of squares with each of them
  double likelihood_ = 0.0;                 // sum over the pass; of k-means the sum of squares
  double last_likelihood_ = 0.0;
  bool converged_ = false;

  MixtureParameters current_;  // of standardised rows
  std::vector<double> whitener_;
  std::vector<double> log_peak_;  // with the weight
  std::vector<double> sums_;      // see mixture_block.h
  std::vector<double> block_, centred_, weighted_, share_, square_;

  MixtureParameters best_;
  double best_likelihood_ = 0.0;
  double best_bic_ = 0.0;
  std::size_t best_iterations_ = 0;
  bool best_converged_ = false;
};

}  // namespace epsilond::models
