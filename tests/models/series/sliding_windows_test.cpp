#include "models/series/sliding_windows.h"

#include <array>
#include <cmath>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::SlidingWindows;
using epsilond::tests::Rng;

namespace {

constexpr std::array<SlidingWindows::Window, 3> kWindows = {{{0, 4}, {4, 10}, {0, 1}}};
constexpr std::size_t kDeviation = 7;

double mean_of(const std::vector<double>& values, std::size_t newest_age, std::size_t length) {
  double sum = 0.0;
  for (std::size_t age = newest_age; age < newest_age + length; ++age) sum += values[values.size() - 1 - age];
  return sum / static_cast<double>(length);
}

double deviation_of(const std::vector<double>& values) {
  const std::size_t length = std::min(kDeviation, values.size());
  const double mean = mean_of(values, 0, length);
  double squares = 0.0;
  for (std::size_t age = 0; age < length; ++age) squares += std::pow(values[values.size() - 1 - age] - mean, 2.0);
  return std::sqrt(squares / static_cast<double>(length));
}

// Largest difference, over the largest value, from sums made anew.
double worst_difference(std::uint64_t seed) {
  Rng rng(seed);
  SlidingWindows windows(kWindows, kDeviation);
  std::vector<double> values;
  double worst = 0.0;
  for (int i = 0; i < 500; ++i) {
    const double value = rng.uniform(-1.0, 1.0);
    values.push_back(value);
    for (std::size_t w = 0; w < kWindows.size(); ++w)
      if (windows.full_with_next(w))
        worst = std::fmax(worst, std::fabs(windows.mean_with(w, value) -
                                           mean_of(values, kWindows[w].newest_age, kWindows[w].length)));
    worst = std::fmax(worst, std::fabs(windows.deviation_with(value) - deviation_of(values)));
    windows.push(value);
  }
  return worst;
}

void means_and_deviation_are_those_of_the_values(void**) {
  assert_near(worst_difference(epsilond::tests::test_seed()), 0.0, 1e-13, 0);
}

void a_window_is_full_with_its_last_value(void**) {
  const auto full = [](int pushed, std::size_t w) {
    SlidingWindows windows(kWindows);
    for (int i = 0; i < pushed; ++i) windows.push(1.0);
    return (windows.full_with_next(w) ? 1 : 0) + (windows.full(w) ? 2 : 0);
  };
  assert_int_equal(full(2, 0), 0);
  assert_int_equal(full(3, 0), 1);
  assert_int_equal(full(4, 0), 3);
  assert_int_equal(full(12, 1), 0);
  assert_int_equal(full(13, 1), 1);
  assert_int_equal(full(500, 1), 3);
}

void a_spike_leaves_nothing_behind(void**) {
  const auto deviation = [](double spike) {
    SlidingWindows windows(kWindows, kDeviation);
    for (int i = 0; i < 9; ++i) windows.push(i == 1 ? spike : 0.001 * i);
    return windows.deviation_with(0.009);
  };
  assert_near(deviation(1e12), deviation(0.0), 0, 1e-12);
  assert_near(deviation(1e12), 0.002, 0, 1e-12);  // of seven equal steps of 0.001
}

void asking_changes_nothing(void**) {
  const double difference = [] {
    SlidingWindows asked(kWindows, kDeviation);
    SlidingWindows quiet(kWindows, kDeviation);
    for (int i = 0; i < 50; ++i) {
      static_cast<void>(asked.mean_with(0, 1e9));
      static_cast<void>(asked.deviation_with(1e9));
      asked.push(i % 7);
      quiet.push(i % 7);
    }
    return std::fabs(asked.mean_with(1, 3.0) - quiet.mean_with(1, 3.0)) +
           std::fabs(asked.deviation_with(3.0) - quiet.deviation_with(3.0));
  }();
  assert_near(difference, 0.0, 0, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(means_and_deviation_are_those_of_the_values),
    cmocka_unit_test(a_window_is_full_with_its_last_value),
    cmocka_unit_test(a_spike_leaves_nothing_behind),
    cmocka_unit_test(asking_changes_nothing),
};
EPSILOND_TEST_MAIN(kTests)
