#pragma once
// What exceeds a high threshold: how the tail of a sample (tail.h) and that of episodes (episode_tail.h) go on.
//
// Formula: of an excess y >= 0, r = y / S, the probability of as much or more is (1 + G r)^(-1 / G), for G = 0 exp(-r).
// A negative G would end the scale at r = -1 / G: where 1 + G r falls below 0.1, the logarithm goes on in its tangent.
// Of N peaks above the threshold, ascending, with excesses y_i: a0 = mean of y_i, a1 = mean of y_i (N - i) / (N - 1),
// their probability-weighted moments. G = 2 - a0 / (a0 - 2 a1), within [-0.5, 0.7], shrunk to 0, an exponential tail,
// with the weight of 20 peaks. The mean excess is S / (1 - G): S = (1 - G)(sum of y + 5 s) / (N + 5), s the scale that
// is expected. Source: J. Pickands, Statistical inference using extreme order statistics, Annals of Statistics 3(1),
// 1975 (why this distribution); J. R. M. Hosking, J. R. Wallis, Parameter and quantile estimation for the generalized
// Pareto distribution, Technometrics 29(3), 1987 (the moments; their k is -G); the bounds and priors: docs/models.md,
// section 9. Golden data: scipy.stats.genpareto, tests/golden/make_golden.py. Cost: a logarithm and about five
// operations to ask, six per peak to fit. Bytes: 16. Hazards: from 40 peaks of an exponential tail the standard error
// of G is 0.18.

#include <cstddef>
#include <span>

namespace epsilond::models {

struct GeneralisedPareto {
  static constexpr double kShapeLowest = -0.5;
  static constexpr double kShapeHighest = 0.7;
  static constexpr double kScalePriorPeaks = 5.0;  // that the expected scale is worth

  double shape = 0.0;  // G
  double scale = 1.0;  // S, > 0

  // -ln of the probability of r = `reduced` >= 0 or more, to the last digits; a shape within 1e-9 of 0 counts as 0.
  double decay(double reduced) const;
  // The same with a division less, for every row of a stream: 1 + G r is rounded before its logarithm is taken, which
  // may cost 2e-16 / |G|; so a shape within 1e-4 of 0 counts as 0.
  double quick_decay(double reduced) const;

  // N times a0 and a1.
  struct Moments {
    double sum = 0.0;
    double weighted = 0.0;
  };
  // Of `peaks`, ascending, above `start`, each excess divided by `unit`: by N, the largest doubles have moments too.
  static Moments moments(std::span<const double> peaks, double start, double unit = 1.0);
  // The shape by the moments of two peaks or more; `of_equal` where they are all the same, which has no such moments.
  static double shape_by(const Moments& moments, double of_equal);
  // `estimate` of the shape: by the moments, 0 of too few peaks; `sum`: of the excesses and kScalePriorPeaks times the
  // expected scale, > 0; `peaks`: how many.
  static GeneralisedPareto shrunk(double estimate, double sum, double peaks);
};

}  // namespace epsilond::models
