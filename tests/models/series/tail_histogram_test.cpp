#include "models/series/tail_histogram.h"

#include <cmath>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::TailHistogram;
using epsilond::tests::Rng;

namespace {

// The definition, read from the values themselves: no histogram, no kept start of the tail.
double rarity_of(const std::vector<double>& positions, double position) {
  const auto n = static_cast<double>(positions.size());
  if (positions.size() < 10) return 0.0;
  const auto at_or_above = [&](double bin) {
    double count = 0.0;
    for (const double other : positions) count += std::floor(other) >= bin ? 1.0 : 0.0;
    return count;
  };
  double start = 0.0;
  for (const double other : positions)
    if (at_or_above(std::floor(other)) >= 0.2 * n) start = std::fmax(start, std::floor(other));
  const double bin = std::floor(position);
  if (bin > start) {
    const double count = at_or_above(start);
    double octaves = 0.0;
    for (const double other : positions) octaves += std::fmax(0.0, std::floor(other) - start) / 12.0;
    const double mean = std::fmax((octaves + 1.0) / (count + 5.0), 1e-3);
    return std::fmax(0.0, (-std::log(count / n) + (position - start) / 12.0 / mean) / std::log(10.0));
  }
  const double above = at_or_above(bin + 1.0);
  return std::fmax(0.0, -std::log10((above + (at_or_above(bin) - above) * (bin + 1.0 - position) + 0.5) / (n + 1.0)));
}

// Streams whose tail moves up, down and across wide gaps.
double worst_difference(std::uint64_t seed) {
  Rng rng(seed);
  double worst = 0.0;
  for (int round = 0; round < 20; ++round) {
    TailHistogram histogram;
    std::vector<double> positions;
    for (int i = 0; i < 150; ++i) {
      const double spread = std::exp(rng.uniform(-3.0, 3.0));
      const double value = rng.below(4) == 0 ? 0.0 : std::exp(spread * rng.normal());
      const double position = TailHistogram::position(value);
      const double asked = rng.uniform(0.0, 767.0);
      for (const double place : {position, asked})
        worst = std::fmax(worst, std::fabs(histogram.rarity(place) - rarity_of(positions, place)));
      histogram.learn(position);
      positions.push_back(position);
    }
  }
  return worst;
}

void rarities_are_those_of_the_definition(void**) {
  // A few dozen roundings of numbers below 1e4 (the least excess: 64 octaves / 1e-3 / ln 10).
  assert_near(worst_difference(epsilond::tests::test_seed()), 0.0, 1e-9, 0);
}

void positions_are_twelfths_of_an_octave_and_clamped(void**) {
  assert_near(TailHistogram::position(1.0), 288.0, 0, 0);
  assert_near(TailHistogram::position(2.0), 300.0, 0, 0);
  assert_near(TailHistogram::position(0.0), 0.0, 0, 0);
  assert_near(TailHistogram::position(-3.0), 0.0, 0, 0);
  assert_near(TailHistogram::position(NAN), 0.0, 0, 0);
  assert_near(TailHistogram::position(1e-300), 0.0, 0, 0);
  assert_near(TailHistogram::position(INFINITY), 767.0, 0, 0);
}

void nothing_is_rare_before_ten_values(void**) {
  TailHistogram histogram;
  for (int i = 0; i < 9; ++i) histogram.learn(100.0);
  assert_near(histogram.rarity(700.0), 0.0, 0, 0);
  histogram.learn(100.0);
  assert_true(histogram.rarity(700.0) > 10.0);
}

void an_exponential_tail_in_octaves_is_extrapolated_as_it_is(void**) {
  // P(Z > z) = z^-2: half an octave is a factor of two; at 2^10 the probability is 2^-20.
  Rng rng(5);
  TailHistogram histogram;
  for (int i = 0; i < 100000; ++i) histogram.learn(TailHistogram::position(1.0 / std::sqrt(1.0 - rng.uniform())));
  // 20,000 exceedances: the exponent has an error of 0.7 %, and bins of a twelfth lengthen each excess by half of one.
  assert_near(histogram.rarity(TailHistogram::position(1024.0)), 20.0 * std::log10(2.0), 0, 0.1);
}

void restored_counts_go_on_as_the_original(void**) {
  Rng rng(6);
  TailHistogram original;
  TailHistogram copy;
  copy.learn(767.0);
  for (int i = 0; i < 500; ++i) original.learn(TailHistogram::position(std::exp(2.0 * rng.normal())));
  copy.restore(original.counts());
  assert_int_equal(copy.total(), 500);
  for (int i = 0; i < 200; ++i) {
    const double position = TailHistogram::position(std::exp(2.0 * rng.normal()));
    assert_near(copy.rarity(position), original.rarity(position), 0, 0);
    copy.learn(position);
    original.learn(position);
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(rarities_are_those_of_the_definition),
    cmocka_unit_test(positions_are_twelfths_of_an_octave_and_clamped),
    cmocka_unit_test(nothing_is_rare_before_ten_values),
    cmocka_unit_test(an_exponential_tail_in_octaves_is_extrapolated_as_it_is),
    cmocka_unit_test(restored_counts_go_on_as_the_original),
};
EPSILOND_TEST_MAIN(kTests)
