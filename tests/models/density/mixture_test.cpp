#include "models/density/mixture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tests/models/density/batch_rows.h"
#include "tests/models/density/mixture_golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::bayesian_information;
using epsilond::models::Mixture;
using epsilond::models::MixtureParameters;
using epsilond::models::Observation;
using epsilond::models::packed_at;
using epsilond::models::PresenceMask;
using epsilond::tests::golden_mixture;
using epsilond::tests::golden_mixture_rows;
using epsilond::tests::row_of;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Bed {
  explicit Bed(const MixtureParameters& parameters)
      : mixture(parameters.width(), parameters.weight.size()), accepted(mixture.set(parameters)) {}
  Mixture::Density density(std::span<const double> x) {
    const Observation row = row_of(x);
    return mixture.density(row.values, row.present);
  }
  Mixture mixture;
  bool accepted;
};

double worst_error_against_scikit_learn() {
  Bed bed(golden_mixture(true));
  std::vector<double> expected;
  const std::vector<double> rows = golden_mixture_rows(&expected);
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    worst = std::fmax(worst, std::fabs(bed.density(std::span(rows).subspan(3 * i, 3)).log_density - expected[i]));
  return worst;
}

// Both work in double on a covariance with a condition of some 100 once standardised.
void log_densities_equal_score_samples(void**) { assert_near(worst_error_against_scikit_learn(), 0.0, 1e-9, 0); }

double bic_error() {
  const std::vector<double> fit = epsilond::tests::read_golden("density_mixture_fit.csv")[0];
  std::vector<double> log_densities;
  golden_mixture_rows(&log_densities);
  double sum = 0.0;
  for (const double value : log_densities) sum += value;
  return std::fabs(bayesian_information(sum, 3, 3, log_densities.size()) - fit[1]);
}

void bic_equals_scikit_learn(void**) { assert_near(bic_error(), 0.0, 1e-7, 0); }

MixtureParameters over(const MixtureParameters& whole, const std::vector<std::size_t>& kept) {
  MixtureParameters out(kept.size(), whole.weight.size());
  out.components = whole.components;
  out.weight = whole.weight;
  for (std::size_t c = 0; c < whole.components; ++c)
    for (std::size_t i = 0; i < kept.size(); ++i) {
      out.mean_of(c)[i] = whole.mean_of(c)[kept[i]];
      for (std::size_t j = 0; j <= i; ++j)
        out.covariance_of(c)[packed_at(i, j)] =
            whole.covariance_of(c)[packed_at(std::max(kept[i], kept[j]), std::min(kept[i], kept[j]))];
    }
  return out;
}

double marginal_error() {
  Bed whole(golden_mixture(true));
  Bed part(over(golden_mixture(true), {0, 2}));
  const std::vector<double> rows = golden_mixture_rows();
  double worst = 0.0;
  for (std::size_t at = 0; at < rows.size(); at += 3) {
    const std::array<double, 3> x{rows[at], kNaN, rows[at + 2]};
    const std::array<double, 2> y{rows[at], rows[at + 2]};
    worst = std::fmax(worst, std::fabs(whole.density(x).log_density - part.density(y).log_density));
  }
  return worst;
}

void the_marginal_is_the_mixture_of_the_others(void**) { assert_near(marginal_error(), 0.0, 1e-12, 0); }

double order_error() {
  Bed straight(golden_mixture(true));
  Bed reversed(over(golden_mixture(true), {2, 1, 0}));
  const std::vector<double> rows = golden_mixture_rows();
  double worst = 0.0;
  for (std::size_t at = 0; at < rows.size(); at += 3) {
    const std::array<double, 3> y{rows[at + 2], rows[at + 1], rows[at]};
    worst = std::fmax(worst, std::fabs(straight.density(std::span(rows).subspan(at, 3)).log_density -
                                       reversed.density(y).log_density));
  }
  return worst;
}

void the_order_of_the_features_is_irrelevant(void**) { assert_near(order_error(), 0.0, 1e-10, 0); }

MixtureParameters two_apart() {
  MixtureParameters out(2, 2);
  out.components = 2;
  out.weight = {0.25, 0.75};
  out.mean = {0, 0, 1000, 1000};
  out.covariance = {1, 0, 1, 4, 0, 9};
  return out;
}

struct Absent {
  double change;
  std::size_t nearest;
};

// Rows of the two components in proportion, with feature 1 taken away: what the strangeness changes by on average.
Absent absent() {
  Bed bed(two_apart());
  epsilond::tests::Rng rng(5);
  double change = 0.0;
  for (int i = 0; i < 40000; ++i) {
    const bool second = i % 4 != 0;
    const std::array<double, 2> x{(second ? 1000.0 : 0.0) + (second ? 2.0 : 1.0) * rng.normal(),
                                  (second ? 1000.0 : 0.0) + (second ? 3.0 : 1.0) * rng.normal()};
    const std::array<double, 2> y{x[0], kNaN};
    change += (bed.density(y).completed - bed.density(x).completed) / 40000.0;
  }
  const std::array<double, 2> near_second{990.0, kNaN};
  return {change, bed.density(near_second).nearest};
}

void an_absent_feature_counts_what_it_counts_on_average(void**) {
  // The mean of 40,000 halves of a squared normal: a standard error of sqrt(0.5 / 40,000) = 0.0035.
  assert_near(absent().change, 0.0, 0.0175, 0);
  assert_int_equal(absent().nearest, 1);
}

double change_when_unexpected() {
  Bed bed(two_apart());
  bed.mixture.expect(PresenceMask(1));
  const std::array<double, 2> x{1.0, kNaN};
  const Mixture::Density density = bed.density(x);
  return density.completed - density.log_density;
}

void what_is_not_expected_does_not_count(void**) { assert_near(change_when_unexpected(), 0.0, 0, 0); }

bool accepted(double weight, double variance, double mean) {
  MixtureParameters parameters = two_apart();
  parameters.weight[1] = weight;
  parameters.covariance[3] = variance;
  parameters.mean[1] = mean;
  const Bed bed(parameters);
  return bed.accepted && bed.mixture.components() == 2;
}

void impossible_parameters_are_refused(void**) {
  assert_true(accepted(0.75, 4.0, 0.0));
  assert_false(accepted(0.0, 4.0, 0.0));
  assert_false(accepted(kNaN, 4.0, 0.0));
  assert_false(accepted(0.75, 0.0, 0.0));
  assert_false(accepted(0.75, kNaN, 0.0));
  assert_false(accepted(0.75, 4.0, std::numeric_limits<double>::infinity()));
}

// What is far from singular needs no shrinkage, and where none is asked for it is taken as it is.
double change_by_no_shrinkage() {
  Bed plain(two_apart());
  Bed shrunk(two_apart());
  if (!shrunk.mixture.set(two_apart(), std::array{0.0, 0.0})) return kNaN;
  const std::array<double, 2> x{3.0, -2.0};
  return std::fabs(plain.density(x).log_density - shrunk.density(x).log_density);
}

void a_least_shrinkage_of_none_changes_nothing(void**) { assert_near(change_by_no_shrinkage(), 0.0, 0, 0); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(log_densities_equal_score_samples),
    cmocka_unit_test(bic_equals_scikit_learn),
    cmocka_unit_test(the_marginal_is_the_mixture_of_the_others),
    cmocka_unit_test(the_order_of_the_features_is_irrelevant),
    cmocka_unit_test(an_absent_feature_counts_what_it_counts_on_average),
    cmocka_unit_test(what_is_not_expected_does_not_count),
    cmocka_unit_test(impossible_parameters_are_refused),
    cmocka_unit_test(a_least_shrinkage_of_none_changes_nothing),
};
EPSILOND_TEST_MAIN(kTests)
