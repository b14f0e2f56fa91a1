#include "models/decision/generalised_pareto.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::GeneralisedPareto;
using epsilond::tests::Rng;

namespace {

// By how much SciPy's survival function is missed, as a multiple of what rounding allows.
struct Missed {
  double exact = 0.0;
  double quick = 0.0;
  std::size_t rows = 0;
};

Missed missed_of_scipy() {
  Missed missed;
  for (const std::vector<double>& row : epsilond::tests::read_golden("generalised_pareto.csv")) {
    const GeneralisedPareto tail{row[0], 1.0};
    ++missed.rows;
    // The logarithm of a rounded probability: half a unit in the last place of a number near 1, and as many units of
    // the exponent that it is raised to as there were operations, four there and four here.
    const double allowed = 3e-16 + 8 * 1.2e-16 * row[2];
    missed.exact = std::fmax(missed.exact, std::fabs(tail.decay(row[1]) - row[2]) / allowed);
    if (std::fabs(row[0]) <= 1e-4) continue;
    const double rounded_first = 2e-16 / std::fabs(row[0]);
    missed.quick = std::fmax(missed.quick, std::fabs(tail.quick_decay(row[1]) - row[2]) / (allowed + rounded_first));
  }
  return missed;
}

void the_survival_function_is_that_of_scipy(void**) {
  const Missed missed = missed_of_scipy();
  assert_int_equal(missed.rows, 160);
  assert_near(missed.exact, 0.0, 1.0, 0);
  assert_near(missed.quick, 0.0, 1.0, 0);
}

void a_shape_that_is_nearly_0_is_exponential(void**) {
  for (const double shape : {-1e-9, 0.0, 1e-9}) assert_near((GeneralisedPareto{shape, 1.0}.decay(70.0)), 70.0, 0, 0);
  for (const double shape : {-1e-4, 0.0, 1e-4})
    assert_near((GeneralisedPareto{shape, 1.0}.quick_decay(70.0)), 70.0, 0, 0);
}

void where_a_light_tail_would_end_it_goes_on_in_its_tangent(void**) {
  // 1 + G r is 0.1 at r = 2.25; -ln of the survival is ln(10) / 0.4 there, and its slope 1 / 0.1.
  const GeneralisedPareto light{-0.4, 1.0};
  for (const double beyond : {0.0, 1e-6, 0.25, 1.0, 1e3}) {
    const double expected = std::log(10.0) / 0.4 + 10.0 * beyond;
    assert_near(light.decay(2.25 + beyond), expected, 1e-14, 1e-15);
    assert_near(light.quick_decay(2.25 + beyond), expected, 1e-14, 1e-15);
  }
  assert_true(std::isfinite(light.decay(1e300)));
  assert_true(std::isfinite(light.quick_decay(1e300)));
}

double shape_of(const std::vector<double>& excesses, double start = 0.0, double unit = 1.0) {
  std::vector<double> peaks = excesses;
  for (double& peak : peaks) peak += start;
  return GeneralisedPareto::shape_by(GeneralisedPareto::moments(peaks, start, unit), 0.25);
}

void moments_are_weighted_by_how_many_are_above(void**) {
  constexpr std::array<double, 3> kPeaks = {3.0, 4.0, 8.0};
  const GeneralisedPareto::Moments moments = GeneralisedPareto::moments(kPeaks, 2.0);
  assert_near(moments.sum, 1.0 + 2.0 + 6.0, 0, 0);
  assert_near(moments.weighted, 1.0 * 1.0 + 2.0 * 0.5, 0, 0);
  assert_near(GeneralisedPareto::moments(kPeaks, 2.0, 4.0).sum, 9.0 / 4.0, 0, 0);
  assert_near(GeneralisedPareto::moments({}, 2.0).sum, 0.0, 0, 0);
}

void the_shape_follows_from_the_moments(void**) {
  assert_near(shape_of({1.0, 2.0, 6.0}), 2.0 - 9.0 / (9.0 - 2.0 * 2.0), 1e-15, 0);
  assert_near(shape_of({1.0, 2.0, 6.0}, -512.0, 8.0), 0.2, 1e-15, 0);
}

void the_shape_is_kept_within_its_bounds(void**) {
  assert_near(shape_of({1.0, 2.0, 3.0}), GeneralisedPareto::kShapeLowest, 0, 0);         // -1
  assert_near(shape_of({1.0, 1.0, 1.0, 97.0}), GeneralisedPareto::kShapeHighest, 0, 0);  // 0.96
}

void equal_excesses_have_no_shape(void**) {
  assert_near(shape_of({3.0, 3.0, 3.0, 3.0}), 0.25, 0, 0);
  assert_near(shape_of({0.1, 0.1, 0.1}), 0.25, 0, 0);
  // Where the sum overflows there are no moments either.
  assert_near(shape_of({1e308, 1.5e308}), 0.25, 0, 0);
}

void few_peaks_are_shrunk_to_what_is_expected(void**) {
  const GeneralisedPareto tail = GeneralisedPareto::shrunk(0.2, 9.0 + 5.0 * 0.4, 20.0);
  assert_near(tail.shape, 0.1, 1e-16, 0);
  assert_near(tail.scale, 0.9 * 11.0 / 25.0, 1e-15, 0);
  const GeneralisedPareto of_none = GeneralisedPareto::shrunk(0.0, 5.0 * 0.4, 0.0);
  assert_near(of_none.shape, 0.0, 0, 0);
  assert_near(of_none.scale, 0.4, 1e-16, 0);
}

constexpr int kLargeSample = 20000;

// By how much the moments of a large sample of that shape miss it, in standard errors: Hosking and Wallis, n var = (1 +
// k)(2 + k)^2 (1 + k + 2 k^2) / ((1 + 2 k)(3 + 2 k)).
double missed_shape(double shape, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> excesses(kLargeSample);
  for (double& excess : excesses) excess = std::expm1(-shape * std::log(1.0 - rng.uniform())) / shape;
  std::sort(excesses.begin(), excesses.end());
  const double k = -shape;
  const double variance =
      (1.0 + k) * (2.0 + k) * (2.0 + k) * (1.0 + k + 2.0 * k * k) / ((1.0 + 2.0 * k) * (3.0 + 2.0 * k)) / kLargeSample;
  return std::fabs(shape_of(excesses) - shape) / std::sqrt(variance);
}

void the_shape_of_a_large_sample_is_found(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const double shape : {-0.3, -0.1, 0.001, 0.2}) assert_near(missed_shape(shape, seed), 0.0, 5.0, 0);
}

bool never_falls(const GeneralisedPareto& tail) {
  double exact = 0.0;
  double quick = 0.0;
  for (double reduced = 0.0; reduced < 60.0; reduced += 0.01) {
    if (tail.decay(reduced) < exact || tail.quick_decay(reduced) < quick) return false;
    exact = tail.decay(reduced);
    quick = tail.quick_decay(reduced);
  }
  return exact > 0.0 && quick > 0.0;
}

void what_is_farther_out_is_never_more_probable(void**) {
  for (const double shape : {-0.5, -0.3, -0.02, -2e-4, 0.0, 2e-4, 0.1, 0.7}) assert_true(never_falls({shape, 1.0}));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_survival_function_is_that_of_scipy),
    cmocka_unit_test(a_shape_that_is_nearly_0_is_exponential),
    cmocka_unit_test(where_a_light_tail_would_end_it_goes_on_in_its_tangent),
    cmocka_unit_test(moments_are_weighted_by_how_many_are_above),
    cmocka_unit_test(the_shape_follows_from_the_moments),
    cmocka_unit_test(the_shape_is_kept_within_its_bounds),
    cmocka_unit_test(equal_excesses_have_no_shape),
    cmocka_unit_test(few_peaks_are_shrunk_to_what_is_expected),
    cmocka_unit_test(the_shape_of_a_large_sample_is_found),
    cmocka_unit_test(what_is_farther_out_is_never_more_probable),
};
EPSILOND_TEST_MAIN(kTests)
