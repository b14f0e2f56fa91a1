// Does `false_alarms_per_week` mean what it says? Undisturbed hosts for four weeks at 60 s, fixed seeds;
// bench/detection does the same with more of everything and says how near the knob the rates are.
//
// Limits. The promise is a mean of 0.3 to 1.5 times the knob. Of a kind that is just there, the episodes in w host-weeks
// are about Poisson of mean 0.3 or 1.5 * knob * w, for what comes in clusters of half an hour is one; the limits are what
// such a count falls short of, or exceeds, once in a thousand.

#include <array>
#include <cmath>
#include <cstdio>

#include "tests/support/knob_trial.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::tests::HostKind;
using epsilond::tests::KnobCount;
using epsilond::tests::KnobTrial;

namespace {

constexpr double kLeast = 0.3;  // a detector that never speaks keeps no promise
constexpr double kMost = 1.5;
constexpr std::array kKnobs = {2.0, 10.0};
constexpr std::size_t kWeeks = 4;
constexpr std::uint64_t kHosts = 1;  // of each kind: minutes matter in a build with sanitizers

// The smallest count that a Poisson variable of this mean exceeds with a probability below 0.001.
std::uint32_t poisson_limit(double mean) {
  double term = std::exp(-mean);
  double at_most = term;
  std::uint32_t count = 0;
  while (1.0 - at_most >= 1e-3) {
    ++count;
    term *= mean / count;
    at_most += term;
  }
  return count;
}

// The largest count that a Poisson variable of this mean falls short of with a probability below 0.001.
std::uint32_t poisson_floor(double mean) {
  double term = std::exp(-mean);
  double at_most = term;
  std::uint32_t count = 0;
  while (at_most < 1e-3) {
    ++count;
    term *= mean / count;
    at_most += term;
  }
  return count;
}

// Episodes of all hosts of a kind together, at each knob.
std::array<std::uint32_t, kKnobs.size()> episodes_of(HostKind kind) {
  std::array<std::uint32_t, kKnobs.size()> episodes{};
  for (std::uint64_t seed = 1; seed <= kHosts; ++seed) {
    KnobTrial trial;
    trial.host = kind;
    trial.seed = seed;
    trial.weeks = kWeeks;
    std::array<KnobCount, kKnobs.size()> counts;
    run_knob_trial(trial, kKnobs, counts);
    for (std::size_t i = 0; i < kKnobs.size(); ++i) episodes[i] += counts[i].total();
  }
  return episodes;
}

void assert_kept(HostKind kind) {
  const auto episodes = episodes_of(kind);
  for (std::size_t i = 0; i < kKnobs.size(); ++i) {
    const double at_the_knob = kKnobs[i] * static_cast<double>(kHosts * kWeeks);
    const std::uint32_t least = poisson_floor(kLeast * at_the_knob);
    const std::uint32_t most = poisson_limit(kMost * at_the_knob);
    std::printf("knob %g: %u episodes in %llu host-weeks, limits %u and %u\n", kKnobs[i], episodes[i],
                static_cast<unsigned long long>(kHosts * kWeeks), least, most);
    assert_in_range(episodes[i], least, most);
  }
}

// Against scipy.stats.poisson.isf(1e-3, mean) and ppf(1e-3, mean).
void the_limits_are_the_quantiles_of_a_poisson_count(void**) {
  assert_int_equal(poisson_floor(2.4), 0);
  assert_int_equal(poisson_floor(12.0), 3);
  assert_int_equal(poisson_floor(60.0), 38);
  assert_int_equal(poisson_limit(3.0), 10);
  assert_int_equal(poisson_limit(12.0), 24);
  assert_int_equal(poisson_limit(60.0), 85);
}

void stationary_hosts_keep_to_the_knob(void**) { assert_kept(HostKind::kStationary); }
void seasonal_hosts_keep_to_the_knob(void**) { assert_kept(HostKind::kSeasonal); }
void heavy_tailed_hosts_keep_to_the_knob(void**) { assert_kept(HostKind::kHeavy); }
void autocorrelated_hosts_keep_to_the_knob(void**) { assert_kept(HostKind::kAutocorrelated); }

// Rows of one kind for two seeds, and for one seed twice.
void a_host_is_the_same_for_a_seed_and_another_for_another(void**) {
  using epsilond::tests::UndisturbedHost;
  for (const HostKind kind : epsilond::tests::kHostKinds) {
    UndisturbedHost first(kind, 1, 60.0);
    UndisturbedHost again(kind, 1, 60.0);
    UndisturbedHost other(kind, 2, 60.0);
    for (int row = 0; row < 1000; ++row) {
      const UndisturbedHost::Row expected = first.next();
      assert_true(expected == again.next());
      assert_false(expected == other.next());
      for (const double value : expected) assert_true(std::isfinite(value));
    }
  }
}

// The lag-1 correlation of 20000 rows has a standard error of sqrt((1 - phi^2) / n) = 0.0031 (Bartlett, 1946): four of
// them.
void an_autoregressive_feature_has_the_correlation_it_is_named_for(void**) {
  using epsilond::tests::UndisturbedHost;
  UndisturbedHost host(HostKind::kAutocorrelated, 5, 60.0);
  constexpr int kRows = 20000;
  static std::array<double, kRows> values;
  double mean = 0.0;
  for (double& value : values) mean += (value = host.next()[0]) / kRows;
  double variance = 0.0;
  double covariance = 0.0;
  for (std::size_t i = 1; i < kRows; ++i) {
    variance += (values[i] - mean) * (values[i] - mean);
    covariance += (values[i] - mean) * (values[i - 1] - mean);
  }
  assert_true(std::fabs(covariance / variance - 0.9) < 0.0125);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(the_limits_are_the_quantiles_of_a_poisson_count),
    cmocka_unit_test(stationary_hosts_keep_to_the_knob),
    cmocka_unit_test(seasonal_hosts_keep_to_the_knob),
    cmocka_unit_test(heavy_tailed_hosts_keep_to_the_knob),
    cmocka_unit_test(autocorrelated_hosts_keep_to_the_knob),
    cmocka_unit_test(a_host_is_the_same_for_a_seed_and_another_for_another),
    cmocka_unit_test(an_autoregressive_feature_has_the_correlation_it_is_named_for),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
