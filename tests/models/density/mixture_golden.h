#pragma once
// The mixture of tests/golden/make_density_golden.py. Not for a frame that asserts.

#include <vector>

#include "models/density/mixture.h"
#include "tests/support/golden.h"

namespace epsilond::tests {

inline constexpr std::size_t kGoldenMixtureWidth = 3;

inline models::MixtureParameters golden_mixture(bool final) {
  models::MixtureParameters out(kGoldenMixtureWidth, 3);
  for (const std::vector<double>& row : read_golden("density_mixture_parameters.csv")) {
    if ((row[0] == 1.0) != final) continue;
    const std::size_t c = out.components++;
    out.weight[c] = row[1];
    std::copy_n(row.begin() + 2, 3, out.mean_of(c).begin());
    std::copy_n(row.begin() + 5, 6, out.covariance_of(c).begin());
  }
  return out;
}

// The rows one behind the other; `log_densities`, where given, gets scikit-learn's.
inline std::vector<double> golden_mixture_rows(std::vector<double>* log_densities = nullptr) {
  std::vector<double> rows;
  for (const std::vector<double>& row : read_golden("density_mixture_rows.csv")) {
    rows.insert(rows.end(), row.begin(), row.begin() + 3);
    if (log_densities != nullptr) log_densities->push_back(row[3]);
  }
  return rows;
}

}  // namespace epsilond::tests
