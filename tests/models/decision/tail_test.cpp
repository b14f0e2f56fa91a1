#include "models/decision/tail.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "tests/support/golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::ParetoTail;
using epsilond::models::SampleTail;
using epsilond::tests::Rng;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// |z| with a Pareto tail, P(|Z| >= z) = z^-alpha from 1 on.
double pareto(Rng& rng, double alpha) { return std::pow(1.0 - rng.uniform(), -1.0 / alpha); }

ParetoTail constant_tail(int count, double z) {
  ParetoTail tail(1e6);
  for (int i = 0; i < count; ++i) tail.learn(z);
  return tail;
}

void before_the_first_value_the_prior_decides(void**) {
  // Half a value in one above the start, then 0.2 (1 + 1 / 1) octaves per factor e: z = 16 is four octaves up.
  assert_near(constant_tail(0, 1.0).surprise(16.0), -std::log10(0.5) + 4.0 / (0.4 * std::log(10.0)), 1e-12, 0);
}

void a_value_of_half_the_weight_counts_half(void**) {
  ParetoTail whole(1e6);
  ParetoTail halves(1e6);
  for (int i = 0; i < 500; ++i) {
    const double z = 0.1 + 0.01 * i;
    whole.learn(z);
    halves.learn(z, 0.5);
    halves.learn(z, 0.5);
  }
  halves.learn(7.0, 0.0);
  assert_near(halves.count(), whole.count(), 1e-9, 0);
  assert_near(halves.surprise(9.0), whole.surprise(9.0), 1e-9, 0);
}

void everyday_values_have_their_rank(void**) {
  ParetoTail tail(1e6);
  for (int i = 0; i < 900; ++i) tail.learn(0.25);
  for (int i = 0; i < 100; ++i) tail.learn(0.7);
  assert_near(tail.surprise(0.7), -std::log10(100.5 / 1001.0), 1e-9, 0);
  assert_near(tail.surprise(0.25), 0.0, 1e-3, 0);
}

void where_nothing_was_seen_the_prior_decides(void**) {
  // 999 zeros: half a value in 1000 at u = 1, then 0.2 (1 + 1 / 1000) octaves per factor e.
  const ParetoTail tail = constant_tail(999, 0.0);
  assert_near(tail.surprise(1.0), -std::log10(0.5 / 1000.0), 1e-9, 0);
  assert_near(tail.surprise(8.0) - tail.surprise(1.0), 3.0 / 0.2002 / std::log(10.0), 1e-9, 0);
}

// Quiet values, and `bursts` values of 20 among them.
ParetoTail tail_with_bursts(int bursts) {
  ParetoTail tail(1e6);
  Rng rng(epsilond::tests::test_seed());
  for (int i = 0; i < 2000; ++i) tail.learn(rng.uniform(0.0, 1.5));
  for (int i = 0; i < bursts; ++i) tail.learn(20.0);
  return tail;
}

void what_was_seen_five_times_is_no_rarer_than_that(void**) {
  // Four are thought a chance, five are a rank; 24 is a quarter octave and more above their bin's edge.
  assert_true(tail_with_bursts(4).surprise(20.0) > 5.0);
  const ParetoTail tail = tail_with_bursts(5);
  const double rank = -std::log10(5.5 / 2006.0);
  assert_near(tail.surprise(20.0), rank, 1e-6, 0);
  assert_true(tail.surprise(24.0) > rank);
  assert_true(tail.surprise(24.0) < rank + (std::log2(24.0 / 20.0) + 1.0 / 6.0) / 0.1 / std::log(10.0));
}

void the_exponent_of_a_true_pareto_tail_is_found(void**) {
  ParetoTail tail(1e9);
  Rng rng(epsilond::tests::test_seed());
  for (int i = 0; i < 200000; ++i) tail.learn(pareto(rng, 3.0));
  // Deep in the tail, beyond all but a few of the values: P = z^-3, so the surprise is 3 log10 z; the sampling error of
  // the exponent from 2,800 exceedances is 2 %.
  assert_near(tail.surprise(100.0), 6.0, 0.3, 0);
}

void a_gaussian_tail_is_taken_for_heavier_never_lighter(void**) {
  ParetoTail tail(1e9);
  Rng rng(epsilond::tests::test_seed());
  for (int i = 0; i < 100000; ++i) tail.learn(rng.normal());
  for (const double z : {4.0, 5.0, 7.0, 10.0})
    assert_true(tail.surprise(z) < -std::log10(std::erfc(z / std::sqrt(2.0))) + 0.2);
  assert_true(tail.surprise(10.0) > 5.0);
}

// One value in twenty at 3 to 6 among quiet ones, as a backup that comes back: the line through the many calls what is
// far beyond it likely; through the 40 highest, all of them backups, it does not.
void a_small_tail_goes_by_the_highest_alone(void**) {
  constexpr epsilond::models::TailShape kHighest{.small_tail = 40.0, .squared_growth = 0.4};
  ParetoTail of_many(1e9);
  ParetoTail of_highest(1e9, kHighest);
  for (int i = 0; i < 2000; ++i) {
    const double z = i % 20 == 0 ? 3.0 + 3.0 * i / 2000.0 : 1.1;
    of_many.learn(z);
    of_highest.learn(z);
  }
  // By the definition: of the 100 backups 49 lie above 2^(13/6), 31 above 2^(14/6).
  constexpr double bin = 14.0 / 6.0;
  double exceedances = 0.0;
  double excess = 0.0;
  for (int i = 0; i < 2000; i += 20) {
    const double octaves = std::log2(3.0 + 3.0 * i / 2000.0);
    if (octaves < bin) continue;
    exceedances += 1.0;
    excess += (std::floor(6.0 * octaves) + 0.5) / 6.0 - bin;
  }
  assert_near(exceedances, 31.0, 1.0, 0);
  const double h = (excess + 50.0 * 0.2 * (1.0 + 1.0 / 2001.0)) / (exceedances + 50.0);
  const double by_definition =
      -std::log10((exceedances + 0.5) / 2001.0) + (std::log2(9.0) - bin) / (h * std::log(10.0));
  assert_near(of_highest.surprise(9.0), by_definition, 1e-9, 0);
  assert_true(of_highest.surprise(9.0) > of_many.surprise(9.0) + 0.3);
}

void the_surprise_never_falls_as_z_grows(void**) {
  Rng rng(epsilond::tests::test_seed());
  for (int round = 0; round < 60; ++round) {
    ParetoTail tail(500.0);
    const double alpha = rng.uniform(0.3, 8.0);
    const double scale = std::exp2(rng.uniform(-8.0, 6.0));
    const std::size_t count = 10 + rng.below(1500);
    for (std::size_t i = 0; i < count; ++i) tail.learn(scale * pareto(rng, alpha));
    double last = 0.0;
    for (double octave = -8.0; octave < 30.0; octave += 0.01) {
      const double surprise = tail.surprise(std::exp2(octave));
      assert_true(surprise >= last);
      last = surprise;
    }
  }
}

void extreme_arguments_have_finite_answers(void**) {
  const ParetoTail tail = constant_tail(100, 0.3);
  assert_near(tail.surprise(kNaN), 0.0, 0, 0);
  assert_near(tail.surprise(0.0), 0.0, 0, 0);
  assert_true(std::isfinite(tail.surprise(kInfinity)));
  assert_near(tail.surprise(-4.0), tail.surprise(4.0), 0, 0);
}

// The bin by its definition, from a logarithm; beside an edge that may round to either side, then -1.
int bin_by_logarithm(double z) {
  const double bin = 6.0 * std::log2(z) + 36.0;
  // Two roundings of numbers below 128, and the logarithm's own.
  if (std::fabs(bin - std::round(bin)) < 1e-13) return -1;
  return static_cast<int>(std::fmin(std::fmax(std::floor(bin), 0.0), static_cast<double>(ParetoTail::kBins) - 1.0));
}

void a_bin_is_a_sixth_of_an_octave(void**) {
  Rng rng(epsilond::tests::test_seed());
  int beside_an_edge = 0;
  for (int i = 0; i < 4000000; ++i) {
    const double z = std::ldexp(1.0 + rng.uniform(), static_cast<int>(rng.below(24)) - 10);
    const int expected = bin_by_logarithm(z);
    if (expected < 0) {
      ++beside_an_edge;
      continue;
    }
    if (static_cast<int>(ParetoTail::bin_of(z)) != expected) fail_msg("|z| = %.17g is in the wrong bin", z);
  }
  assert_true(beside_an_edge < 100);
}

void bins_begin_exactly_at_their_edges(void**) {
  for (const std::vector<double>& row : epsilond::tests::read_golden("tail_edges.csv")) {
    for (int octave = -6; octave < 10; ++octave) {
      const double edge = std::ldexp(row[1], octave);
      const auto bin = static_cast<std::size_t>(6 * (octave + 6) + static_cast<int>(row[0]));
      assert_int_equal(ParetoTail::bin_of(edge), bin);
      assert_int_equal(ParetoTail::bin_of(-edge), bin);
      assert_int_equal(ParetoTail::bin_of(std::nextafter(edge, 0.0)), bin == 0 ? 0 : bin - 1);
    }
  }
}

void values_beyond_the_bins_are_in_the_first_or_the_last(void**) {
  for (const double small : {0.0, -0.0, 5e-324, 2.2e-308, 1e-300, 0.015624999999999998, kNaN})
    assert_int_equal(ParetoTail::bin_of(small), 0);
  for (const double large : {1023.9999999999999, 1024.0, 1e300, 1.7976931348623157e308, kInfinity, -kInfinity})
    assert_int_equal(ParetoTail::bin_of(large), ParetoTail::kBins - 1);
}

void extreme_values_are_counted_or_ignored(void**) {
  ParetoTail tail(1e6);
  for (const double z : {kInfinity, -1e300, 0.0, 1e-300}) tail.learn(z);
  tail.learn(kNaN);
  assert_near(tail.count(), 4.0, 0, 0);
}

void old_values_fade(void**) {
  ParetoTail tail(1000.0);
  for (int i = 0; i < 900; ++i) tail.learn(20.0);
  const double while_common = tail.surprise(20.0);
  for (int i = 0; i < 20000; ++i) tail.learn(0.5);
  assert_true(while_common < 0.1);
  assert_true(tail.surprise(20.0) > 2.5);
}

void restored_counts_give_the_same_answers(void**) {
  Rng rng(epsilond::tests::test_seed());
  ParetoTail tail(700.0);
  for (int i = 0; i < 3000; ++i) tail.learn(pareto(rng, 2.0));
  ParetoTail copy(700.0);
  assert_true(copy.restore(tail.counts()));
  for (const double z : {0.1, 1.0, 1.7, 3.0, 40.0}) assert_near(copy.surprise(z), tail.surprise(z), 1e-9, 0);
}

void impossible_counts_are_refused(void**) {
  for (const float bad : {-1.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    std::array<float, ParetoTail::kBins> counts{};
    counts[7] = bad;
    ParetoTail tail = constant_tail(50, 1.0);
    assert_false(tail.restore(counts));
    assert_near(tail.count(), 50.0, 0, 0);
  }
}

struct FitError {
  double shape = 0.0;
  double scale = 0.0;
  double surprise = 0.0;  // absolute
};

FitError fit_error(const char* golden) {
  const std::vector<std::vector<double>> rows = epsilond::tests::read_golden(golden);
  std::vector<double> scores;
  for (const std::vector<double>& row : rows)
    if (row[0] == 0.0) scores.push_back(row[1]);
  // The fit must not depend on the order.
  Rng rng(7);
  for (std::size_t i = scores.size(); i > 1; --i) std::swap(scores[i - 1], scores[rng.below(i)]);
  const SampleTail tail(scores);
  FitError error;
  for (const std::vector<double>& row : rows) {
    if (row[0] == 1.0) error.surprise = std::fmax(error.surprise, std::fabs(tail.surprise(row[1]) - row[2]));
    if (row[0] != 2.0) continue;
    error.shape = std::fabs(tail.shape() - row[1]);
    error.scale = std::fabs(tail.scale() - row[2]) / row[2];
  }
  return error;
}

void the_batch_fit_equals_an_independent_one(void**) {
  for (const char* golden :
       {"sample_tail_exponential.csv", "sample_tail_pareto.csv", "sample_tail_uniform.csv", "sample_tail_normal.csv"}) {
    const FitError error = fit_error(golden);
    assert_near(error.shape, 0.0, 1e-9, 0);
    assert_near(error.scale, 0.0, 1e-9, 0);
    assert_near(error.surprise, 0.0, 1e-8, 0);
  }
}

// True if the surprise of a random sample's tail is finite and never falls.
bool batch_tail_is_monotone(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> scores(10 + rng.below(400));
  const bool ties = rng.below(3) == 0;
  const double spread = std::exp(rng.uniform(-20.0, 20.0));
  for (double& score : scores) score = ties ? spread * static_cast<double>(rng.below(3)) : spread * rng.normal();
  const SampleTail tail(scores);
  double last = 0.0;
  for (int i = -400; i < 4000; ++i) {
    const double surprise = tail.surprise(spread * 0.01 * i);
    if (!std::isfinite(surprise) || surprise < last) return false;
    last = surprise;
  }
  return std::isfinite(tail.surprise(kInfinity)) && tail.surprise(kInfinity) >= last;
}

void the_batch_surprise_never_falls_as_the_score_grows(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (std::uint64_t round = 0; round < 100; ++round) assert_true(batch_tail_is_monotone(seed + round));
}

double surprise_after(std::size_t ordinary, double extra, double score) {
  std::vector<double> scores(ordinary);
  std::iota(scores.begin(), scores.end(), 0.0);
  scores.insert(scores.begin(), extra);
  return SampleTail(scores).surprise(score);
}

void a_rank_within_the_sample_is_the_share_at_or_above(void**) {
  // 100 scores, half of them at or above 50.
  assert_near(surprise_after(100, kNaN, 50.0), -std::log10(50.5 / 101.0), 1e-12, 0);
}

void non_finite_scores_are_left_out(void**) {
  assert_near(surprise_after(100, kInfinity, 99.0), surprise_after(100, kNaN, 99.0), 0, 0);
  assert_near(surprise_after(100, kNaN, kNaN), 0.0, 0, 0);
}

double surprise_of_flat(double level, double score) {
  std::vector<double> scores(20, level);
  return SampleTail(scores).surprise(score);
}

void a_flat_sample_has_a_millionth_of_its_size_for_a_scale(void**) {
  const double start = -std::log10(0.5 / 21.0);
  assert_near(surprise_of_flat(1000.0, 1000.003), start + 3.0 / std::log(10.0), 1e-6, 0);
  assert_near(surprise_of_flat(-1000.0, -999.997), start + 3.0 / std::log(10.0), 1e-6, 0);
  assert_near(surprise_of_flat(0.0, 3e-12), start + 3.0 / std::log(10.0), 1e-12, 0);
}

void fewer_than_ten_scores_say_nothing(void**) { assert_near(surprise_after(8, 3.0, 1e9), 0.0, 0, 0); }

void no_scores_at_all_say_nothing(void**) { assert_near(SampleTail({}).surprise(5.0), 0.0, 0, 0); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(before_the_first_value_the_prior_decides),
    cmocka_unit_test(a_value_of_half_the_weight_counts_half),
    cmocka_unit_test(everyday_values_have_their_rank),
    cmocka_unit_test(where_nothing_was_seen_the_prior_decides),
    cmocka_unit_test(what_was_seen_five_times_is_no_rarer_than_that),
    cmocka_unit_test(the_exponent_of_a_true_pareto_tail_is_found),
    cmocka_unit_test(a_gaussian_tail_is_taken_for_heavier_never_lighter),
    cmocka_unit_test(a_small_tail_goes_by_the_highest_alone),
    cmocka_unit_test(the_surprise_never_falls_as_z_grows),
    cmocka_unit_test(extreme_arguments_have_finite_answers),
    cmocka_unit_test(a_bin_is_a_sixth_of_an_octave),
    cmocka_unit_test(bins_begin_exactly_at_their_edges),
    cmocka_unit_test(values_beyond_the_bins_are_in_the_first_or_the_last),
    cmocka_unit_test(extreme_values_are_counted_or_ignored),
    cmocka_unit_test(old_values_fade),
    cmocka_unit_test(restored_counts_give_the_same_answers),
    cmocka_unit_test(impossible_counts_are_refused),
    cmocka_unit_test(the_batch_fit_equals_an_independent_one),
    cmocka_unit_test(the_batch_surprise_never_falls_as_the_score_grows),
    cmocka_unit_test(a_rank_within_the_sample_is_the_share_at_or_above),
    cmocka_unit_test(non_finite_scores_are_left_out),
    cmocka_unit_test(a_flat_sample_has_a_millionth_of_its_size_for_a_scale),
    cmocka_unit_test(fewer_than_ten_scores_say_nothing),
    cmocka_unit_test(no_scores_at_all_say_nothing),
};
EPSILOND_TEST_MAIN(kTests)
