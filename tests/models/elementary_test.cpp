#include "models/elementary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

namespace models = epsilond::models;

namespace {

using Function = double (*)(double);

// In the order of make_elementary_golden.py.
constexpr std::array<Function, 8> kFunctions = {models::exp,  models::exp2,  models::expm1, models::log,
                                                models::log2, models::log10, models::log1p, models::erfc};
constexpr std::size_t kErfc = 7;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double ulp(double value) {
  const double magnitude = std::fabs(value);
  return std::nextafter(magnitude, kInfinity) - magnitude;
}

// The largest error over the golden rows of some functions, in units of the last place.
double worst_ulps(std::size_t first, std::size_t end) {
  double worst = 0.0;
  for (const std::vector<double>& row : epsilond::tests::read_golden("elementary.csv")) {
    const auto function = static_cast<std::size_t>(row[0]);
    if (function < first || function >= end) continue;
    worst = std::max(worst, std::fabs(kFunctions[function](row[1]) - row[2]) / ulp(row[2]));
  }
  return worst;
}

// The golden value is itself rounded by up to half a unit.
void values_are_within_a_unit_of_the_last_place(void**) { assert_near(worst_ulps(0, kErfc), 0.0, 1.5, 0.0); }

// The exponential of a square in two parts, a quotient of polynomials of degree 8 and a product: some 10 roundings.
void erfc_is_within_its_roundings(void**) { assert_near(worst_ulps(kErfc, kErfc + 1), 0.0, 8.0, 0.0); }

void powers_are_exact(void**) {
  double ten = 1.0;
  for (int power = 0; power <= 22; ++power, ten *= 10.0) assert_true(models::log10(ten) == power);
  for (int power = -1074; power <= 1023; ++power) {
    assert_true(models::log2(std::ldexp(1.0, power)) == power);
    assert_true(models::exp2(power) == std::ldexp(1.0, power));
  }
}

void nan_stays_nan(void**) {
  for (const Function function : kFunctions) assert_true(std::isnan(function(std::nan(""))));
}

void infinities_give_the_limits(void**) {
  constexpr std::array<double, 8> kAtInfinity = {kInfinity, kInfinity, kInfinity, kInfinity,
                                                 kInfinity, kInfinity, kInfinity, 0.0};
  for (std::size_t i = 0; i < kFunctions.size(); ++i) assert_true(kFunctions[i](kInfinity) == kAtInfinity[i]);
  assert_true(models::exp(-kInfinity) == 0.0 && models::exp2(-kInfinity) == 0.0);
  assert_true(models::expm1(-kInfinity) == -1.0 && models::erfc(-kInfinity) == 2.0);
}

void logarithms_of_zero_and_of_negative_numbers_say_so(void**) {
  for (const Function function : {models::log, models::log2, models::log10}) {
    assert_true(function(0.0) == -kInfinity);
    assert_true(std::isnan(function(-1.0)) && std::isnan(function(-kInfinity)));
  }
  assert_true(models::log1p(-1.0) == -kInfinity && std::isnan(models::log1p(-1.5)));
}

void what_is_too_large_or_too_small_ends_at_the_edge(void**) {
  assert_true(models::exp(709.78) < kInfinity && models::exp(709.79) == kInfinity);
  assert_true(models::exp(-745.13) > 0.0 && models::exp(-745.14) == 0.0);
  assert_true(models::exp2(1023.99) < kInfinity && models::exp2(1024.0) == kInfinity && models::exp2(-1075.5) == 0.0);
  assert_true(models::expm1(1e-300) == 1e-300 && models::log1p(-1e-300) == -1e-300);
  assert_true(models::erfc(0.0) == 1.0 && models::erfc(30.0) == 0.0);
}

// FNV-1a over the bits of 80,000 values. The number is no golden value of theirs: it is the same on x86-64, ARM with
// and without a floating-point unit, and must be on the next processor.
void the_bits_are_the_same_on_every_processor(void**) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Function function : kFunctions) {
    double x = 1e-5;
    for (int i = 0; i < 10000; ++i, x *= 1.0015) {
      hash = (hash ^ std::bit_cast<std::uint64_t>(function(x))) * 0x100000001b3;
    }
  }
  assert_true(hash == 0x13038c918e0f5317);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(values_are_within_a_unit_of_the_last_place),
    cmocka_unit_test(erfc_is_within_its_roundings),
    cmocka_unit_test(powers_are_exact),
    cmocka_unit_test(nan_stays_nan),
    cmocka_unit_test(infinities_give_the_limits),
    cmocka_unit_test(logarithms_of_zero_and_of_negative_numbers_say_so),
    cmocka_unit_test(what_is_too_large_or_too_small_ends_at_the_edge),
    cmocka_unit_test(the_bits_are_the_same_on_every_processor),
};
EPSILOND_TEST_MAIN(kTests)
