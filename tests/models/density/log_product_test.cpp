#include "models/density/log_product.h"

#include <cmath>
#include <initializer_list>
#include <limits>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::LogProduct;
using epsilond::tests::Rng;

namespace {

double log_of(std::initializer_list<double> factors) {
  LogProduct product;
  for (const double factor : factors) product.multiply(factor);
  return product.log();
}

void no_factors_have_the_logarithm_zero(void**) { assert_near(log_of({}), 0.0, 0, 0); }

void the_logarithm_is_the_sum_of_the_logarithms(void**) {
  Rng rng(epsilond::tests::test_seed());
  for (int round = 0; round < 200; ++round) {
    LogProduct product;
    double sum = 0.0;
    double size = 0.0;
    for (int i = 0; i < 64; ++i) {
      const double factor = std::exp(rng.uniform(-600.0, 600.0));
      product.multiply(factor);
      sum += std::log(factor);
      size += std::fabs(std::log(factor));
    }
    // 64 additions and 64 multiplications, each off by at most half a unit in the last place.
    assert_near(product.log(), sum, 64 * 2.3e-16 * (size + 1.0), 0);
  }
}

void neither_large_nor_small_products_overflow(void**) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  const double large = log_of({kLargest, kLargest, kLargest, kLargest});
  assert_near(large, 4.0 * std::log(kLargest), 0, 1e-14);
  const double small = log_of({1e-300, 1e-300, 1e-300, 1e-300});
  assert_near(small, 4.0 * std::log(1e-300), 0, 1e-14);
}

void factors_that_are_not_normal_have_their_own_logarithm(void**) {
  const double denormal = log_of({5e-324, 2.0});
  assert_near(denormal, std::log(5e-324) + std::log(2.0), 0, 1e-14);
  const double zero = log_of({3.0, 0.0});
  const double infinite = log_of({3.0, std::numeric_limits<double>::infinity()});
  const double no_number = log_of({3.0, std::numeric_limits<double>::quiet_NaN()});
  assert_true(zero == -std::numeric_limits<double>::infinity());
  assert_true(infinite == std::numeric_limits<double>::infinity());
  assert_true(std::isnan(no_number));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(no_factors_have_the_logarithm_zero),
    cmocka_unit_test(the_logarithm_is_the_sum_of_the_logarithms),
    cmocka_unit_test(neither_large_nor_small_products_overflow),
    cmocka_unit_test(factors_that_are_not_normal_have_their_own_logarithm),
};
EPSILOND_TEST_MAIN(kTests)
