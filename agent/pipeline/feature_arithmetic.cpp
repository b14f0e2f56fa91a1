#include "agent/pipeline/feature_arithmetic.h"

#include <limits>

#include "models/density/gaussian.h"

namespace epsilond::agent {

FeatureArithmetic term_of(const Snapshot& snapshot, const ModelView& view, std::size_t column) {
  constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
  FeatureArithmetic term;
  const std::size_t row = view.columns[column];
  const auto at = static_cast<Eigen::Index>(column);
  term.row = static_cast<std::uint16_t>(row);
  if (!snapshot.readings.present[row] || at >= snapshot.score.sd.size()) {
    term.value = term.mean = term.sd = term.z = term.log_density = kAbsent;
    return term;
  }
  term.value = snapshot.readings.values[row];
  const Usual expected = usual(snapshot, view, column);
  term.mean = expected.mean;
  term.sd = expected.sd;
  term.z = snapshot.score.z[at];
  term.share = snapshot.score.share[at];
  const double sd = snapshot.score.sd[at];
  term.log_density = sd > 0.0 ? models::Gaussian(0.0, sd).log_density(sd * term.z) : kAbsent;
  return term;
}

}  // namespace epsilond::agent
