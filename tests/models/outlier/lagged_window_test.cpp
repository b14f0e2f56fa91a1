// LaggedWindow against windows computed in exact fractions, in the order of the notebook and in that of Netdata.

#include "models/outlier/lagged_window.h"

#include "tests/models/outlier/outlier_bed.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::tests;
using epsilond::models::LaggedWindow;

namespace {

constexpr std::size_t kEntries = 8;

struct Worst {
  double small_feature = 0.0;
  double large_feature = 0.0;
  int rows = 0;
};

Worst worst_difference(const char* golden) {
  LaggedWindow window({.feature_count = 2, .smooth = 3, .difference = 2, .lag = 3});
  Worst worst;
  std::vector<double> out(window.length());
  for (const std::vector<double>& row : read_golden(golden)) {
    const auto observation = observation_of(std::span(row).subspan(1, 2));
    if (window.vector_of(observation, out) == 2) {
      ++worst.rows;
      for (std::size_t i = 0; i < kEntries; ++i) {
        double& largest = i < 4 ? worst.small_feature : worst.large_feature;
        largest = std::fmax(largest, std::fabs(out[i] - row[3 + i]));
      }
    }
    window.push(observation);
  }
  return worst;
}

// Three additions and a division round by half a unit in the last place each, of a sum of three values below 12 (or
// 3e12); the difference of two such means rounds again.
constexpr double kSmallTolerance = 2 * 4 * 36 * 1.2e-16;
constexpr double kLargeTolerance = 2 * 4 * 3e12 * 1.2e-16;

void vectors_are_those_of_exact_arithmetic(void**) {
  const Worst worst = worst_difference("outlier_window.csv");
  assert_int_equal(worst.rows, 33);
  assert_near(worst.small_feature, 0.0, kSmallTolerance, 0);
  assert_near(worst.large_feature, 0.0, kLargeTolerance, 0);
}

void the_order_of_netdata_gives_the_same_vectors(void**) {
  const Worst worst = worst_difference("outlier_netdata.csv");
  assert_int_equal(worst.rows, 33);
  assert_near(worst.small_feature, 0.0, kSmallTolerance, 0);
  assert_near(worst.large_feature, 0.0, kLargeTolerance, 0);
}

// One character per row and feature: present or absent in the vector of that row.
std::string presence(const LaggedWindow& fresh, const Table& rows) {
  LaggedWindow window(fresh);
  std::vector<double> out(window.length());
  std::string text;
  for (const std::vector<double>& row : rows) {
    const auto observation = observation_of(row);
    window.vector_of(observation, out);
    for (std::size_t i = 0; i < row.size(); ++i) text += std::isnan(out[i * window.entries_per_feature()]) ? '-' : 'x';
    text += ' ';
    window.push(observation);
  }
  return text;
}

bool presence_is(const epsilond::models::LagSettings& settings, const Table& rows, const char* expected) {
  const std::string text = presence(LaggedWindow(settings), rows);
  if (text != expected) std::printf("%s\n", text.c_str());
  return text == expected;
}

void an_absent_value_empties_the_window_of_its_feature_alone(void**) {
  assert_true(presence_is({.feature_count = 2, .smooth = 2, .difference = 1, .lag = 0},
                          {{1, 1}, {2, 2}, {3, 3}, {kAbsent, 4}, {5, 5}, {6, 6}, {7, 7}}, "-- -- xx -x -x -x xx "));
}

void a_plain_row_needs_no_window(void**) {
  assert_true(presence_is({.feature_count = 2, .smooth = 1, .difference = 0, .lag = 0},
                          {{1, kAbsent}, {kAbsent, 2}, {3, 3}}, "x- -x xx "));
}

std::string presence_after_clear() {
  LaggedWindow window({.feature_count = 1, .smooth = 1, .difference = 1, .lag = 1});
  for (double value : {1.0, 2.0, 3.0, 4.0}) window.push(observation_of(std::span(&value, 1)));
  window.clear();
  return presence(window, {{5}, {6}, {7}});
}

void a_cleared_window_must_fill_again(void**) { assert_true(presence_after_clear() == "- - x "); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(vectors_are_those_of_exact_arithmetic),
    cmocka_unit_test(the_order_of_netdata_gives_the_same_vectors),
    cmocka_unit_test(an_absent_value_empties_the_window_of_its_feature_alone),
    cmocka_unit_test(a_plain_row_needs_no_window),
    cmocka_unit_test(a_cleared_window_must_fill_again),
};
EPSILOND_TEST_MAIN(kTests)
