#include "models/density/full_gaussian.h"

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::FeatureVector;
using epsilond::models::FullGaussian;
using epsilond::models::packed_at;
using epsilond::models::packed_size;
using epsilond::models::PresenceMask;
using epsilond::tests::Rng;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Made {
  std::vector<double> mean;
  std::vector<double> covariance;  // packed
};

// A A' + I / 10 of a random A: the condition number is some 100.
Made made(std::size_t size, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> a(size * size);
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < size; ++j) a[i * size + j] = 0.3 * rng.normal() + (i == j ? 1.0 : 0.0);
  Made out{std::vector<double>(size), std::vector<double>(packed_size(size))};
  for (std::size_t i = 0; i < size; ++i) {
    out.mean[i] = rng.normal();
    for (std::size_t j = 0; j <= i; ++j)
      for (std::size_t k = 0; k < size; ++k) out.covariance[packed_at(i, j)] += a[i * size + k] * a[j * size + k];
    out.covariance[packed_at(i, i)] += 0.1;
  }
  return out;
}

FullGaussian gaussian_of(const Made& parameters) {
  FullGaussian gaussian(parameters.mean.size());
  if (!gaussian.set(parameters.mean, parameters.covariance)) std::abort();
  return gaussian;
}

std::vector<double> random_row(std::size_t size, Rng& rng) {
  std::vector<double> x(size);
  for (double& value : x) value = 2.0 * rng.normal();
  return x;
}

// The marginal over features 0 and 2 of 3, by summing the density over a fine grid of feature 1: +-12 sd in steps of
// 0.02 sd, where the rectangle rule is exact to rounding for a Gaussian.
double worst_error_of_the_marginal_against_the_integral() {
  const Made parameters = made(3, epsilond::tests::test_seed());
  const FullGaussian gaussian = gaussian_of(parameters);
  FullGaussian marginal(3);
  marginal.marginalise(gaussian, PresenceMask(5));
  Rng rng(4);
  const double sd = std::sqrt(gaussian.variance(1));
  double worst = 0.0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::vector<double> x = random_row(3, rng);
    double integral = 0.0;
    for (int step = -600; step <= 600; ++step) {
      x[1] = parameters.mean[1] + 0.02 * sd * step;
      integral += 0.02 * sd * std::exp(gaussian.log_density(x));
    }
    const std::array<double, 2> rest{x[0], x[2]};
    worst = std::fmax(worst, std::fabs(std::log(integral) - marginal.log_density(rest)));
  }
  return worst;
}

void the_density_integrates_to_its_marginal(void**) {
  // Rows lie up to 6 sd from the conditional mean of feature 1, so the grid covers 6 sd and more of it: 1e-9 and below.
  assert_near(worst_error_of_the_marginal_against_the_integral(), 0.0, 1e-7, 0);
}

double distance_change_under_shift_and_scale(std::uint64_t seed) {
  const Made parameters = made(6, seed);
  Made moved = parameters;
  Rng rng(seed);
  std::array<double, 6> scale{};
  for (std::size_t i = 0; i < 6; ++i) scale[i] = std::exp(3.0 * rng.normal());
  for (std::size_t i = 0; i < 6; ++i) {
    moved.mean[i] = 100.0 + scale[i] * parameters.mean[i];
    for (std::size_t j = 0; j <= i; ++j) moved.covariance[packed_at(i, j)] *= scale[i] * scale[j];
  }
  const std::vector<double> x = random_row(6, rng);
  std::vector<double> y(6);
  for (std::size_t i = 0; i < 6; ++i) y[i] = 100.0 + scale[i] * x[i];
  const double distance = gaussian_of(parameters).squared_distance(x);
  return std::fabs(gaussian_of(moved).squared_distance(y) / distance - 1.0);
}

void distances_do_not_change_with_shift_and_scale(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  // 100 + x loses up to 1e-14 / scale of x, and the smallest scale of six is some 1e-3.
  for (std::uint64_t i = 0; i < 50; ++i) assert_near(distance_change_under_shift_and_scale(seed + i), 0.0, 1e-8, 0);
}

double density_change_under_reversal(std::uint64_t seed) {
  const Made parameters = made(7, seed);
  Made reversed = parameters;
  Rng rng(seed);
  const std::vector<double> x = random_row(7, rng);
  const std::vector<double> y(x.rbegin(), x.rend());
  reversed.mean.assign(parameters.mean.rbegin(), parameters.mean.rend());
  for (std::size_t i = 0; i < 7; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      reversed.covariance[packed_at(i, j)] = parameters.covariance[packed_at(6 - j, 6 - i)];
  return std::fabs(gaussian_of(parameters).log_density(x) - gaussian_of(reversed).log_density(y));
}

void the_order_of_the_features_is_irrelevant(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (std::uint64_t i = 0; i < 50; ++i) assert_near(density_change_under_reversal(seed + i), 0.0, 1e-9, 0);
}

struct PartsCheck {
  double sum_error = 0.0;
  double conditional_error = 0.0;
};

// The z of a feature given the others, the long way: from the log densities with and without it.
PartsCheck check_parts() {
  const FullGaussian gaussian = gaussian_of(made(5, 8));
  Rng rng(9);
  PartsCheck check;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const std::vector<double> x = random_row(5, rng);
    std::vector<double> part(5);
    std::vector<double> z(5);
    gaussian.parts(x, part, z);
    check.sum_error = std::fmax(
        check.sum_error, std::fabs(std::accumulate(part.begin(), part.end(), 0.0) - gaussian.squared_distance(x)));
    for (std::size_t i = 0; i < 5; ++i) {
      std::vector<double> others;
      for (std::size_t j = 0; j < 5; ++j)
        if (j != i) others.push_back(x[j]);
      FullGaussian without(5);
      without.marginalise(gaussian, PresenceMask(31UL & ~(1UL << i)));
      const double given = gaussian.squared_distance(x) - without.squared_distance(others);
      check.conditional_error = std::fmax(check.conditional_error, std::fabs(given - z[i] * z[i]));
    }
  }
  return check;
}

void the_parts_add_up_and_the_conditional_z_is_that_of_the_densities(void**) {
  const PartsCheck check = check_parts();
  assert_near(check.sum_error, 0.0, 1e-9, 0);
  assert_near(check.conditional_error, 0.0, 1e-9, 0);
}

bool refused(const std::array<double, 3>& covariance, double mean = 0.0) {
  FullGaussian gaussian(2);
  const std::array<double, 2> means{mean, 0.0};
  return !gaussian.set(means, covariance) && gaussian.variance(0) == 1.0;
}

void what_is_no_covariance_is_refused_without_a_trace(void**) {
  assert_false(refused({2.0, 0.5, 1.0}));
  assert_true(refused({1.0, 1.0, 1.0}));
  assert_true(refused({1.0, 2.0, 1.0}));
  assert_true(refused({0.0, 0.0, 1.0}));
  assert_true(refused({-1.0, 0.0, 1.0}));
  assert_true(refused({kNaN, 0.0, 1.0}));
  assert_true(refused({1.0, kNaN, 1.0}));
  assert_true(refused({std::numeric_limits<double>::infinity(), 0.0, 1.0}));
  assert_true(refused({2.0, 0.5, 1.0}, kNaN));
}

double shrinkage_taken(double covariance, double wanted) {
  FullGaussian gaussian(2);
  const std::array<double, 2> mean{};
  const std::array<double, 3> matrix{1.0, covariance, 1.0};
  return gaussian.set_shrunk(mean, matrix, wanted);
}

void a_singular_covariance_is_shrunk_as_little_as_will_do(void**) {
  assert_near(shrinkage_taken(0.5, 0.0), 0.0, 0, 0);
  assert_near(shrinkage_taken(0.5, 0.3), 0.3, 0, 0);
  assert_near(shrinkage_taken(1.0, 0.0), 1e-10, 0, 1e-12);
  assert_near(shrinkage_taken(1.0, 1e-3), 1e-3, 0, 0);
  assert_near(shrinkage_taken(1.05, 0.0), 0.1, 0, 1e-12);  // no correlations at all: what pairwise estimates may give
  assert_true(shrinkage_taken(kNaN, 0.0) < 0.0);
}

double far_distance(double x) {
  const FullGaussian gaussian = gaussian_of(made(2, 3));
  const std::array<double, 2> row{x, -x};
  return gaussian.squared_distance(row);
}

void a_distance_is_always_finite(void**) {
  for (const double x : {1e200, std::numeric_limits<double>::max(), std::numeric_limits<double>::infinity(), kNaN})
    assert_near(far_distance(x), FullGaussian::kLargestSquare, 0, 0);
  assert_true(far_distance(1e100) < FullGaussian::kLargestSquare);
}

// Of two features of variance 1 and covariance 0.8, shrunk by half: C = (1 0.4; 0.4 1), and the trace of C^-1 times the
// covariance that was not shrunk is (2 - 2 x 0.4 x 0.8) / 0.84.
double distance_of_shrunk() {
  FullGaussian gaussian(2);
  const std::array<double, 2> mean{3.0, -1.0};
  const std::array<double, 3> covariance{1.0, 0.8, 1.0};
  return gaussian.set_shrunk(mean, covariance, 0.5) == 0.5 ? gaussian.mean_squared_distance(0.5) : -1.0;
}

void the_mean_distance_is_that_of_rows_whose_covariance_was_not_shrunk(void**) {
  assert_near(distance_of_shrunk(), 1.36 / 0.84, 1e-14, 0);
  const FullGaussian whole = gaussian_of(made(3, 5));
  assert_near(whole.mean_squared_distance(0.0), 3.0, 0, 0);
  assert_near(whole.mean_squared_distance(1.0), 3.0, 0, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_density_integrates_to_its_marginal),
    cmocka_unit_test(distances_do_not_change_with_shift_and_scale),
    cmocka_unit_test(the_order_of_the_features_is_irrelevant),
    cmocka_unit_test(the_parts_add_up_and_the_conditional_z_is_that_of_the_densities),
    cmocka_unit_test(what_is_no_covariance_is_refused_without_a_trace),
    cmocka_unit_test(a_singular_covariance_is_shrunk_as_little_as_will_do),
    cmocka_unit_test(a_distance_is_always_finite),
    cmocka_unit_test(the_mean_distance_is_that_of_rows_whose_covariance_was_not_shrunk),
};
EPSILOND_TEST_MAIN(kTests)
