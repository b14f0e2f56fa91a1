#pragma once
// How often does a healthy machine have an episode whose score peaks at least this high? What turns the score of a
// detector, whatever its unit, into the rate that the budget is written in.
//
// Formula: u is a running 95 % quantile of the score. A run above u is one cluster, over when the score has stayed
// below u for max(30 min, 6 samples), 60 s where samples are at most 2 s apart, or once it has lasted 12 times that; N
// clusters in T, at most 56 days: rate lambda = (N + 1) / (T + 1 / lambda0), lambda0 one cluster in 100 samples. The
// 200 highest peaks are kept, those of alarms too. v = u, or with more than 40 peaks the one that the k = max(40, a
// quarter) highest exceed: peaks come from several causes, and only the highest say how the highest go on. Their
// excesses over v are generalised Pareto (generalised_pareto.h), G = 0 of fewer than 8, the scale that is expected that
// of all peaks over u.
//   rate(score) = lambda k / N (1 + G (score - v) / S)^(-1 / G) above v, log-linear from u to v,
//   surprise = -log10(rate * interval / 3),
// where an episode is three samples (kDeclusteringFactor). Below u the surprise goes on as a straight line, and once it
// is under 1 as exp(surprise - 1), so that it never falls below 0 nor stands still. One score in twenty is above u,
// however few clusters they make: beside u no surprise is above 1.3 + 10 (score - u) / (S ln 10), nor above the same
// with 1 for 10 below it, so that a machine whose score never moves is not strange. Two readings: `recent` by the fit
// as it is, `lasting` by an exponential tail over u, averaged over 30 days. A host that has just had an incident is
// expected to have the next: the budget goes by the recent one, which is what keeps it; how odd a moment was is told by
// the lasting one, which does not call the second incident ordinary. Source: as generalised_pareto.h; A. Siffer et al.,
// Anomaly detection in streams with extreme value theory, KDD 2017 (SPOT, which leaves the peaks of alarms out and so
// has 1.1 to 2.5 times the budget); the numbers: docs/models.md, section 9. Golden data:
// tests/golden/make_host_golden.py. Cost: about 20 operations per score, a sort of 200 numbers per cluster. Bytes: 3.4
// KB. Hazards: until 200 scores and an hour were seen there is no recent surprise, and the lasting one goes by what is
// usual elsewhere.

#include <array>
#include <cstddef>
#include <span>

#include "models/decision/generalised_pareto.h"

namespace epsilond::models {

struct EpisodeTailSettings {
  double interval_s = 1.0;  // nominal sampling interval, > 0
  // Expectations until there is evidence: where the 95 % quantile lies, and the scale of what exceeds it.
  double usual_start = 1.0;
  double usual_scale = 0.4;
};

class EpisodeTail {
 public:
  static constexpr std::size_t kPeaks = 200;
  static constexpr double kFewestScores = 200.0;

  explicit EpisodeTail(const EpisodeTailSettings& settings);

  // Every score, flagged or not, in the order of time; `elapsed_s` > 0 since the one before. Not finite: ignored.
  void learn(double score, double elapsed_s);

  struct Surprise {
    double lasting = 0.0;  // >= 0, finite, never decreasing in the score
    double recent = 0.0;   // the same by the recent fit; 0 until ready()
  };
  Surprise surprise(double score) const;
  double recent_surprise(double score) const;  // of those only the recent one
  // Nobody can tell from minutes what happens in a week.
  static constexpr double kFewestS = 3600.0;
  bool ready() const { return scores_ >= kFewestScores && seen_s_ >= kFewestS; }
  void reset();

  // The learned state as plain doubles.
  static constexpr std::size_t kStateDoubles = 20 + 2 * kPeaks;
  void save(std::span<double, kStateDoubles> out) const;
  // Returns false and changes nothing if `in` is no such state.
  bool load(std::span<const double, kStateDoubles> in);

 private:
  static constexpr std::size_t kHead = kStateDoubles - 2 * kPeaks;
  struct Peak {
    double time_s = 0.0;
    double height = 0.0;
  };
  // An exponential tail over `start`.
  struct Line {
    double start = 0.0;
    double scale = 1.0;
    double start_surprise = 0.0;

    double surprise(double score) const;
    double most(double score) const;
  };
  struct Tail {
    double start = 0.0;
    GeneralisedPareto over_start;
    double share_surprise = 0.0;  // how rare a peak above `start` is among those above the quantile

    double surprise_over_start(double score) const;
  };

  double surprise_by_peaks(double score) const;
  void start_up(double score);
  void move_quantile(double score);
  void follow_cluster(double score);
  void keep_peak();
  void fit_peaks();
  void fit_highest(std::span<const double> heights, std::size_t highest);
  void fit_rate();
  void average(double elapsed_s);
  Line expected_elsewhere() const;

  EpisodeTailSettings settings_;
  double cluster_gap_s_;
  double scores_ = 0.0;
  double step_scale_ = 1.0;  // of the quantile's steps
  double seen_s_ = 0.0;      // time since the start, as learned
  bool in_cluster_ = false;
  Peak cluster_;  // the one that is open: its highest score
  double cluster_begun_s_ = 0.0;
  double last_above_s_ = 0.0;
  std::size_t peak_count_ = 0;
  double clusters_ = 0.0;        // above the quantile, within the memory
  double complete_above_ = 0.0;  // of lower peaks some were dropped
  Line recent_;                  // over the quantile, of all peaks
  Tail highest_;                 // of the highest peaks
  Line lasting_;
  double averaged_;                   // samples behind lasting_, those expected elsewhere among them
  std::array<Peak, kPeaks> peaks_{};  // while starting up, the heights of the first scores
};

}  // namespace epsilond::models
