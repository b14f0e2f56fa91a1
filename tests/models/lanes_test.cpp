#include "models/lanes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::models::bits;
using epsilond::models::choose;
using epsilond::models::DoubleLanes;
using epsilond::models::store_lanes;
using epsilond::models::within;
using epsilond::tests::Rng;
using epsilond::tests::test_seed;

namespace {

using Limits = std::numeric_limits<double>;
using Values = std::array<double, DoubleLanes::kLanes>;

constexpr std::array<double, 15> kEdges = {0.0,
                                           -0.0,
                                           1.0,
                                           -1.0,
                                           1.0 + Limits::epsilon(),
                                           Limits::denorm_min(),
                                           -Limits::denorm_min(),
                                           Limits::min() - Limits::denorm_min(),
                                           Limits::min(),
                                           -Limits::min(),
                                           Limits::max(),
                                           -Limits::max(),
                                           Limits::infinity(),
                                           -Limits::infinity(),
                                           Limits::quiet_NaN()};
constexpr std::size_t kPairs = kEdges.size() * kEdges.size();
constexpr std::size_t kCases = 20000;

bool same_bits(double x, double y) { return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y); }
bool same_bits(float x, float y) { return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y); }

// Of two that are no numbers an operation may keep either.
template <typename Real>
bool same(Real x, Real y) {
  return same_bits(x, y) || (std::isnan(x) && std::isnan(y));
}

// Does `check(a, b)` hold for every pair of edges and many of any bits, in either lane?
template <typename Check>
bool for_all(Check check) {
  Rng rng(test_seed());
  for (std::size_t i = 0; i < kCases; ++i) {
    Values a;
    Values b;
    for (std::size_t lane = 0; lane < a.size(); ++lane) {
      const std::size_t pair = i + lane;
      a[lane] = pair < kPairs ? kEdges[pair / kEdges.size()] : std::bit_cast<double>(rng.next());
      b[lane] = pair < kPairs ? kEdges[pair % kEdges.size()] : std::bit_cast<double>(rng.next());
    }
    if (check(a, b)) continue;
    std::printf("a = %a, %a; b = %a, %a\n", a[0], a[1], b[0], b[1]);
    return false;
  }
  return true;
}

// Does `operation` do to lanes what it does to each double?
template <typename Operation>
bool by_lanes(Operation operation) {
  return for_all([&](const Values& a, const Values& b) {
    Values together;
    operation(DoubleLanes::at(a.data()), DoubleLanes::at(b.data())).put(together.data());
    bool all = true;
    for (std::size_t lane = 0; lane < a.size(); ++lane) all &= same(together[lane], operation(a[lane], b[lane]));
    return all;
  });
}

// The same to the last bit, where values are only moved.
template <typename OnLanes, typename OnDoubles>
bool agree(OnLanes on_lanes, OnDoubles on_doubles) {
  return for_all([&](const Values& a, const Values& b) {
    const DoubleLanes together = on_lanes(DoubleLanes::at(a.data()), DoubleLanes::at(b.data()));
    bool all = true;
    for (std::size_t lane = 0; lane < a.size(); ++lane) all &= same_bits(together[lane], on_doubles(a[lane], b[lane]));
    return all;
  });
}

void arithmetic_rounds_each_lane_as_a_double(void**) {
  assert_true(by_lanes([](auto a, auto b) { return a + b; }));
  assert_true(by_lanes([](auto a, auto b) { return a - b; }));
  assert_true(by_lanes([](auto a, auto b) { return a * b; }));
  assert_true(by_lanes([](auto a, auto b) { return a / b; }));
  // Two roundings, never one.
  assert_true(by_lanes([](auto a, auto b) { return a * b + a; }));
  assert_true(by_lanes([](auto a, auto b) { return 3.0 * a - b / 7.0; }));
}

void the_smaller_and_the_larger_are_those_of_the_library(void**) {
  assert_true(
      agree([](DoubleLanes a, DoubleLanes b) { return a.min(b); }, [](double a, double b) { return std::min(a, b); }));
  assert_true(
      agree([](DoubleLanes a, DoubleLanes b) { return a.max(b); }, [](double a, double b) { return std::max(a, b); }));
  assert_true(agree([](DoubleLanes a, DoubleLanes) { return a.min(1.0).max(-1.0); },
                    [](double a, double) { return std::max(std::min(a, 1.0), -1.0); }));
  assert_true(agree([](DoubleLanes a, DoubleLanes b) { return within(a, b); },
                    [](double a, double b) { return std::max(std::min(a, b), -b); }));
}

void signs_change_nothing_else(void**) {
  assert_true(agree([](DoubleLanes a, DoubleLanes) { return -a; }, [](double a, double) { return -a; }));
  assert_true(agree([](DoubleLanes a, DoubleLanes) { return a.abs(); }, [](double a, double) { return std::fabs(a); }));
}

void roots_are_rounded_as_those_of_doubles(void**) {
  assert_true(for_all([](const Values& a, const Values&) {
    const DoubleLanes roots = DoubleLanes::at(a.data()).sqrt();
    return same(roots[0], std::sqrt(a[0])) && same(roots[1], std::sqrt(a[1]));
  }));
}

void a_comparison_chooses_for_each_lane_alone(void**) {
  assert_true(agree([](DoubleLanes a, DoubleLanes b) { return choose(a < b, a, b); },
                    [](double a, double b) { return a < b ? a : b; }));
  assert_true(agree([](DoubleLanes a, DoubleLanes b) { return choose(a > b, a, 7.0); },
                    [](double a, double b) { return a > b ? a : 7.0; }));
  assert_true(agree([](DoubleLanes a, DoubleLanes b) { return choose((a <= b) & ((b <= 1.0) | (a < 0.0)), a, b); },
                    [](double a, double b) { return a <= b && (b <= 1.0 || a < 0.0) ? a : b; }));
  assert_true(for_all([](const Values& a, const Values& b) {
    const std::uint64_t expected = std::uint64_t{a[0] >= b[0]} | std::uint64_t{a[1] >= b[1]} << 1;
    return bits(DoubleLanes::at(a.data()) >= DoubleLanes::at(b.data())) == expected;
  }));
}

void lanes_are_rounded_to_single_precision_each(void**) {
  assert_true(for_all([](const Values& a, const Values&) {
    std::array<float, DoubleLanes::kLanes> singles;
    store_lanes(singles.data(), DoubleLanes::at(a.data()).in_single());
    bool all = true;
    for (std::size_t lane = 0; lane < a.size(); ++lane) all &= same(singles[lane], static_cast<float>(a[lane]));
    return all;
  }));
}

void lanes_of_single_precision_are_widened_exactly(void**) {
  assert_true(for_all([](const Values& a, const Values&) {
    std::array<float, DoubleLanes::kLanes> singles;  // any bits
    for (std::size_t lane = 0; lane < a.size(); ++lane)
      singles[lane] = std::bit_cast<float>(static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(a[lane]) >> 32));
    const DoubleLanes lanes = DoubleLanes::at(singles.data());
    bool all = true;
    for (std::size_t lane = 0; lane < a.size(); ++lane) all &= same(lanes[lane], static_cast<double>(singles[lane]));
    return all;
  }));
}

void one_lane_is_set_without_the_other(void**) {
  DoubleLanes lanes = 1.5;
  lanes.set(1, -2.5);
  assert_true(lanes[0] == 1.5 && lanes[1] == -2.5);
  lanes.set(0, 3.5);
  assert_true(lanes[0] == 3.5 && lanes[1] == -2.5);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(arithmetic_rounds_each_lane_as_a_double),
    cmocka_unit_test(the_smaller_and_the_larger_are_those_of_the_library),
    cmocka_unit_test(signs_change_nothing_else),
    cmocka_unit_test(roots_are_rounded_as_those_of_doubles),
    cmocka_unit_test(a_comparison_chooses_for_each_lane_alone),
    cmocka_unit_test(lanes_are_rounded_to_single_precision_each),
    cmocka_unit_test(lanes_of_single_precision_are_widened_exactly),
    cmocka_unit_test(one_lane_is_set_without_the_other),
};
EPSILOND_TEST_MAIN(kTests)
