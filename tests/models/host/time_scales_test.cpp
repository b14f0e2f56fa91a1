#include "models/host/time_scales.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::TimeScales;

namespace {

constexpr TimeScales::Sums kWeights = {1.0, 1.0, 0.6};
using State = std::array<double, TimeScales::kStateDoubles>;

double score_of(const TimeScales& scales, const TimeScales::Sums& sums) { return scales.score(scales.averages(sums)); }

void show(TimeScales& scales, const TimeScales::Sums& sums) { scales.advance(scales.averages(sums)); }

// Moves on by one golden row, and returns its score.
double follow(TimeScales& scales, const std::vector<double>& row) {
  const TimeScales::Sums sums = {row[0], row[1], row[2]};
  const double score = score_of(scales, sums);
  show(scales, sums);
  if (row[4] > 0.0) scales.learn(row[3]);
  return score;
}

double worst_golden_error(bool ends_soon) {
  TimeScales scales(kWeights, ends_soon);
  double worst = 0.0;
  for (const std::vector<double>& row : epsilond::tests::read_golden("host_time_scales.csv"))
    worst = std::fmax(worst, std::fabs(follow(scales, row) - row[ends_soon ? 6 : 5]));
  return worst;
}

void the_score_agrees_with_numpy(void**) {
  // Hundreds of sums of numbers below 2100; 15 digits in the file.
  assert_near(worst_golden_error(false), 0.0, 1e-10, 0);
  assert_near(worst_golden_error(true), 0.0, 1e-10, 0);
}

void the_first_twenty_rows_score_nothing(void**) {
  TimeScales scales(kWeights, false);
  for (int row = 0; row < 20; ++row) {
    assert_near(score_of(scales, {100.0, 100.0, 100.0}), 0.0, 0, 0);
    show(scales, {1.0 * (row % 2), 2.0, 3.0});
    scales.learn(60.0);
  }
  assert_true(score_of(scales, {100.0, 100.0, 100.0}) > 1.0);
}

// What `rows` rows of a small shift in the first sum come to, after long noise of +-1 in all sums.
double score_of_a_shift(int rows, double shift) {
  TimeScales scales(kWeights, false);
  for (int row = 0; row < 4000; ++row) {
    const double noise = row % 2 == 0 ? 1.0 : -1.0;
    show(scales, {noise, noise, noise});
    scales.learn(60.0);
  }
  for (int row = 0; row + 1 < rows; ++row) show(scales, {shift, 0.0, 0.0});
  return score_of(scales, {shift, 0.0, 0.0});
}

void what_is_little_but_lasts_shows_in_the_longer_averages(void**) {
  assert_true(score_of_a_shift(60, 1.0) > score_of_a_shift(1, 1.0) + 0.5);
}

// Of a row of zeros twenty rows after thirty rows of a shift.
double score_after_a_shift(bool ends_soon) {
  TimeScales scales(kWeights, ends_soon);
  for (int row = 0; row < 4000; ++row) {
    const double noise = row % 2 == 0 ? 1.0 : -1.0;
    show(scales, {noise, noise, noise});
    scales.learn(60.0);
  }
  for (int row = 0; row < 30; ++row) show(scales, {20.0, 20.0, 20.0});
  for (int row = 0; row < 20; ++row) show(scales, {0.0, 0.0, 0.0});
  return score_of(scales, {0.0, 0.0, 0.0});
}

void what_is_over_is_forgotten_at_once_where_it_should_be(void**) {
  // ln(1 + x): of 20 sd of a row 7 are left of the longest average after twenty rows, in units of its own, smaller sd.
  assert_true(score_after_a_shift(false) > 2.0);
  assert_true(score_after_a_shift(true) < 1.0);
}

void a_spike_shows_at_once(void**) { assert_true(score_of_a_shift(1, 50.0) > 1.0); }

bool round_trip_is_identical(std::size_t learned) {
  const auto rows = epsilond::tests::read_golden("host_time_scales.csv");
  TimeScales original(kWeights, false);
  for (std::size_t i = 0; i < learned; ++i) follow(original, rows[i]);
  show(original, {9.0, 9.0, 9.0});  // a row that is not learned
  State state{};
  original.save(state.data());
  TimeScales copy(kWeights, false);
  bool same = copy.load(state.data());
  for (const std::vector<double>& row : rows) same = same && follow(copy, row) == follow(original, row);
  return same;
}

void a_round_trip_gives_identical_scores_from_then_on(void**) {
  for (const std::size_t learned : {0u, 1u, 7u, 30u, 399u}) assert_true(round_trip_is_identical(learned));
}

bool refused(std::size_t at, double value) {
  TimeScales scales(kWeights, false);
  for (const std::vector<double>& row : epsilond::tests::read_golden("host_time_scales.csv")) follow(scales, row);
  State before{};
  scales.save(before.data());
  State state = before;
  state[at] = value;
  const bool loaded = scales.load(state.data());
  scales.save(state.data());
  return !loaded && state == before;
}

void a_damaged_state_is_refused(void**) {
  for (std::size_t at = 0; at < TimeScales::kStateDoubles; ++at) {
    assert_true(refused(at, std::numeric_limits<double>::quiet_NaN()));
    assert_true(refused(at, std::numeric_limits<double>::infinity()));
  }
  for (const std::size_t at : {24u, 35u, 36u, 37u}) assert_true(refused(at, -1.0));  // variances, rows, begun
  assert_true(refused(37, 0.5));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_score_agrees_with_numpy),
    cmocka_unit_test(the_first_twenty_rows_score_nothing),
    cmocka_unit_test(what_is_little_but_lasts_shows_in_the_longer_averages),
    cmocka_unit_test(what_is_over_is_forgotten_at_once_where_it_should_be),
    cmocka_unit_test(a_spike_shows_at_once),
    cmocka_unit_test(a_round_trip_gives_identical_scores_from_then_on),
    cmocka_unit_test(a_damaged_state_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
