// The sums over a fleet and the odd one out, against NumPy and SciPy.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "models/fleet/fleet_sum.h"
#include "models/fleet/peers.h"
#include "tests/support/golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::models;
using epsilond::tests::Rng;

namespace {

using Rows = std::vector<std::vector<double>>;

double relative_error(double actual, double expected) {
  const double error = std::fabs(actual - expected) / std::fmax(1.0, std::fabs(expected));
  return std::isnan(error) ? INFINITY : error;
}

double worst_error_of_fleet(const Rows& rows, double fleet, std::size_t* hosts) {
  FleetSum sum;
  std::vector<double> zs;
  const std::vector<double>* expected = nullptr;
  for (const std::vector<double>& row : rows) {
    if (row[0] != fleet) continue;
    sum.add(row[1]);
    sum.add_expectation(row[1], row[2], row[3]);
    zs.push_back(host_z(row[1], row[2], row[3]));
    expected = &row;
  }
  *hosts = zs.size();
  if (expected == nullptr) return 0.0;
  double worst = relative_error(sum.log_super_epsilon(), (*expected)[5]);
  worst = std::fmax(worst, relative_error(sum.mean(), (*expected)[6]));
  worst = std::fmax(worst, relative_error(sum.z(), (*expected)[7]));
  std::vector<double> sorted = zs;
  worst = std::fmax(worst, relative_error(median_z(median_of(sorted), sorted.size()), (*expected)[8]));
  const PeerScale scale = peer_scale(sorted);
  std::size_t i = 0;
  for (const std::vector<double>& row : rows)
    if (row[0] == fleet) worst = std::fmax(worst, relative_error(scale.z(zs[i++]), row[4]));
  return worst;
}

// A few roundings of values up to 1e3, in sums that are compensated.
void sums_and_peers_are_those_of_numpy_and_scipy(void**) {
  constexpr std::size_t kHosts[] = {1, 2, 3, 27, 200, 501};
  for (std::size_t fleet = 0; fleet < std::size(kHosts); ++fleet) {
    std::size_t hosts = 0;
    const double worst =
        worst_error_of_fleet(epsilond::tests::read_golden("fleet_hosts.csv"), static_cast<double>(fleet), &hosts);
    assert_int_equal(hosts, kHosts[fleet]);
    assert_true(worst < 1e-12);
  }
}

// `quiet` hosts, of which the first is at `first` sd and all others are moved by `shift`.
struct Story {
  double z;
  double median_z;
  double first;   // its peer z
  double others;  // the largest peer z among the others
};
Story play(std::size_t hosts, double first, double shift) {
  Rng rng(epsilond::tests::test_seed());
  FleetSum sum;
  std::vector<double> zs;
  for (std::size_t i = 0; i < hosts; ++i) {
    const double expected = rng.uniform(-90.0, 40.0);
    const double variance = rng.uniform(2.0, 40.0);
    const double lack = i == 0 ? first : shift + rng.normal();
    const double density = expected - lack * std::sqrt(variance);
    sum.add_expectation(density, expected, variance);
    zs.push_back(host_z(density, expected, variance));
  }
  std::vector<double> sorted = zs;
  const double middle = median_of(sorted);
  const PeerScale scale = peer_scale(sorted);
  return {sum.z(), median_z(middle, hosts), scale.z(zs[0]), scale.z(*std::max_element(zs.begin() + 1, zs.end()))};
}

void one_host_at_six_sigma_is_the_odd_one_and_hidden_in_the_sum(void**) {
  const Story story = play(1000, 6.0, 0.0);
  assert_true(story.first > 5.0);
  assert_true(story.others < 5.0);
  assert_true(std::fabs(story.z) < 4.0);
  assert_true(std::fabs(story.median_z) < 4.0);
}

void a_thousand_hosts_at_half_a_sigma_raise_the_sum_and_none_is_odd(void**) {
  const Story story = play(1000, 0.5, 0.5);
  assert_true(story.z > 6.0);
  assert_true(story.median_z > 6.0);
  assert_true(story.first < 5.0);
  assert_true(story.others < 5.0);
}

void hosts_without_numbers_are_left_out(void**) {
  FleetSum sum;
  assert_true(std::isnan(sum.log_super_epsilon()));
  assert_true(std::isnan(sum.mean()));
  assert_true(std::isnan(sum.z()));
  assert_true(std::isnan(median_z(0.0, 0)));
  sum.add(std::numeric_limits<double>::quiet_NaN());
  sum.add(-2.0);
  sum.add(-4.0);
  assert_int_equal(sum.count(), 2);
  assert_near(sum.mean(), -3.0, 0.0, 0.0);
  assert_true(std::isnan(sum.z()));
  assert_true(std::isnan(host_z(-3.0, -1.0, 0.0)));
  assert_true(std::isnan(host_z(-3.0, std::numeric_limits<double>::quiet_NaN(), 1.0)));
  assert_near(host_z(-3.0, -1.0, 4.0), 1.0, 0.0, 0.0);
}

void hosts_that_are_all_alike_are_no_yardstick(void**) {
  double zs[] = {0.1, 0.1, 0.1, 0.1, 0.9};
  const PeerScale scale = peer_scale(zs);
  assert_near(scale.spread, 1.0, 0.0, 0.0);
  assert_near(scale.z(0.9), 0.8, 1e-15, 0.0);
}

void a_sum_of_large_and_small_loses_nothing(void**) {
  CompensatedSum sum;
  for (const double value : {1.0, 1e17, 1.0, -1e17}) sum.add(value);
  assert_near(sum.value(), 2.0, 0.0, 0.0);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(sums_and_peers_are_those_of_numpy_and_scipy),
    cmocka_unit_test(one_host_at_six_sigma_is_the_odd_one_and_hidden_in_the_sum),
    cmocka_unit_test(a_thousand_hosts_at_half_a_sigma_raise_the_sum_and_none_is_odd),
    cmocka_unit_test(hosts_without_numbers_are_left_out),
    cmocka_unit_test(hosts_that_are_all_alike_are_no_yardstick),
    cmocka_unit_test(a_sum_of_large_and_small_loses_nothing),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
