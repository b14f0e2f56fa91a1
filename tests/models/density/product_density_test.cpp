#include "models/density/product_density.h"

#include <cmath>
#include <limits>

#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::FeatureVector;
using epsilond::models::PresenceMask;
using epsilond::models::ProductDensity;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

FeatureVector vector(double a, double b) {
  FeatureVector values(2);
  values << a, b;
  return values;
}

PresenceMask mask(unsigned long bits) { return PresenceMask(bits); }

FeatureVector features_of(const std::vector<double>& row) {
  FeatureVector values(6);
  for (std::size_t i = 0; i < 6; ++i) values[static_cast<Eigen::Index>(i)] = row[i + 1];
  return values;
}

double worst_relative_error_against_scipy() {
  const std::vector<std::vector<double>> rows = epsilond::tests::read_golden("product_density.csv");
  ProductDensity density(6);
  for (const std::vector<double>& row : rows)
    if (row[0] == 0.0) density.add(features_of(row), mask(0x3f));
  density.finish(1e-12);
  double worst = 0.0;
  for (const std::vector<double>& row : rows)
    worst = std::fmax(worst, std::fabs(density.log_density(features_of(row), mask(0x3f)) - row[7]) / std::fabs(row[7]));
  return worst;
}

void log_densities_equal_scipy(void**) { assert_near(worst_relative_error_against_scipy(), 0.0, 1e-9, 0); }

void the_terms_add_up_to_the_log_density(void**) {
  ProductDensity density(2);
  for (const double x : {1.0, 2.0, 4.0}) density.add(vector(x, 10.0 * x), mask(3));
  density.finish(1.0);
  FeatureVector terms;
  density.log_density_per_feature(vector(3.0, -5.0), mask(3), terms);
  assert_int_equal(terms.size(), 2);
  assert_near(terms.sum(), density.log_density(vector(3.0, -5.0), mask(3)), 1e-12, 0);
}

void the_floor_serves_a_variance_of_zero_only(void**) {
  ProductDensity density(2);
  for (const double x : {1.0, 1.0 + 1e-9}) density.add(vector(7.0, x), mask(3));
  density.finish(0.25);
  assert_near(density.sd()[0], 0.5, 0, 0);
  assert_true(density.sd()[1] < 1e-8);
}

void absent_and_non_finite_training_values_are_skipped_per_feature(void**) {
  ProductDensity density(2);
  density.add(vector(1.0, 100.0), mask(3));
  density.add(vector(kNaN, 300.0), mask(3));
  density.add(vector(3.0, 1e9), mask(1));
  density.finish(1.0);
  assert_int_equal(density.row_count(), 3);
  assert_near(density.mean()[0], 2.0, 0, 0);
  assert_near(density.mean()[1], 200.0, 0, 0);
}

void absent_values_add_nothing(void**) {
  ProductDensity density(2);
  for (const double x : {1.0, 2.0}) density.add(vector(x, x), mask(3));
  density.finish(1.0);
  FeatureVector terms;
  density.log_density_per_feature(vector(1.0, 1e9), mask(1), terms);
  assert_near(terms[1], 0.0, 0, 0);
  assert_near(density.log_density(vector(1.0, 1e9), mask(1)), terms[0], 0, 0);
}

void a_feature_never_seen_is_ignored(void**) {
  ProductDensity density(2);
  for (const double x : {1.0, 2.0}) density.add(vector(x, x), mask(1));
  density.finish(4.0);
  assert_near(density.mean()[1], 0.0, 0, 0);
  assert_near(density.sd()[1], 2.0, 0, 0);
  assert_near(density.log_density(vector(1.0, 1e9), mask(3)), density.log_density(vector(1.0, 0.0), mask(1)), 0, 0);
}

void far_away_the_log_stays_finite(void**) {
  ProductDensity density(2);
  for (const double x : {-1.0, 1.0}) density.add(vector(x, x), mask(3));
  density.finish(1.0);
  // The plain product is 0 here.
  assert_near(density.log_density(vector(1e9, 1e9), mask(3)), -1e18, 0, 1e-12);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(log_densities_equal_scipy),
    cmocka_unit_test(the_terms_add_up_to_the_log_density),
    cmocka_unit_test(the_floor_serves_a_variance_of_zero_only),
    cmocka_unit_test(absent_and_non_finite_training_values_are_skipped_per_feature),
    cmocka_unit_test(absent_values_add_nothing),
    cmocka_unit_test(a_feature_never_seen_is_ignored),
    cmocka_unit_test(far_away_the_log_stays_finite),
};
EPSILOND_TEST_MAIN(kTests)
