#include "models/density/gaussian.h"

#include <cmath>

#include "tests/support/golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Gaussian;
using epsilond::models::standard_surprise;
using epsilond::models::standard_surprise_at_least;
using epsilond::tests::Rng;

namespace {

struct Worst {
  double log_density = 0.0;
  double surprise = 0.0;         // absolute, where the tail is computed directly
  double distant_surprise = 0.0; // absolute, beyond |z| = 30
};

// Largest errors against scipy.stats.norm: of the log density relative.
Worst worst_against_scipy() {
  Worst worst;
  for (const std::vector<double>& row : epsilond::tests::read_golden("gaussian.csv")) {
    const Gaussian gaussian(row[0], row[1]);
    worst.log_density =
        std::fmax(worst.log_density, std::fabs(gaussian.log_density(row[2]) - row[3]) / std::fabs(row[3]));
    double& surprise = std::fabs(gaussian.z(row[2])) < 30.0 ? worst.surprise : worst.distant_surprise;
    surprise = std::fmax(surprise, std::fabs(gaussian.surprise(row[2]) - row[4]));
  }
  return worst;
}

void log_densities_equal_scipy(void**) { assert_near(worst_against_scipy().log_density, 0.0, 1e-13, 0); }

// erfc at x has a condition number of 2 x^2, here up to 900, so a few units in its last place are 1e-12.
void surprises_equal_scipy(void**) { assert_near(worst_against_scipy().surprise, 0.0, 1e-12, 0); }

// The next term of the asymptotic series is 1 / z^2: log10(e) / 900 at |z| = 30.
void distant_surprises_stay_finite_and_near_scipy(void**) {
  assert_near(worst_against_scipy().distant_surprise, 0.0, 5e-4, 0);
}

void the_cheap_surprise_is_below_the_exact_one_and_near(void**) {
  for (double distance = 0.0; distance < 60.0; distance += 0.001) {
    const double gap = standard_surprise(distance) - standard_surprise_at_least(distance);
    assert_true(gap >= 0.0);
    assert_true(gap <= (distance < 2.0 ? 0.06 : 0.0014));
  }
}

void the_density_is_largest_at_the_mean(void**) {
  Rng rng(epsilond::tests::test_seed());
  for (int i = 0; i < 500; ++i) {
    const Gaussian gaussian(rng.uniform(-1e6, 1e6), std::exp(rng.uniform(-20.0, 20.0)));
    assert_true(gaussian.log_density(gaussian.mean() + 3.0 * gaussian.sd() * rng.normal()) <=
                gaussian.log_density(gaussian.mean()));
  }
}

// A relative 1e-11 of the tail: shift + scale x is rounded at 100 times the scale, and is some sd from the mean.
void shift_and_scale_leave_the_surprise_unchanged(void**) {
  Rng rng(epsilond::tests::test_seed());
  for (int i = 0; i < 500; ++i) {
    const double x = 3.0 * rng.normal();
    const double scale = std::exp(rng.uniform(-10.0, 10.0));
    const double shift = scale * rng.uniform(-100.0, 100.0);
    assert_near(Gaussian(shift, scale).surprise(shift + scale * x), Gaussian(0.0, 1.0).surprise(x), 1e-11 / std::log(10.0),
                0);
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(log_densities_equal_scipy),
    cmocka_unit_test(surprises_equal_scipy),
    cmocka_unit_test(distant_surprises_stay_finite_and_near_scipy),
    cmocka_unit_test(the_cheap_surprise_is_below_the_exact_one_and_near),
    cmocka_unit_test(the_density_is_largest_at_the_mean),
    cmocka_unit_test(shift_and_scale_leave_the_surprise_unchanged),
};
EPSILOND_TEST_MAIN(kTests)
