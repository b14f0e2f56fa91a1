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
constexpr double kUnbounded = 1e9;
using State = std::array<double, TimeScales::kStateDoubles>;

// Moves on by one golden row; the error of its score.
double follow(TimeScales& scales, const std::vector<double>& row) {
  const TimeScales::Sums sums = {row[0], row[1], row[2]};
  const double score = scales.score(sums);
  scales.advance(sums);
  if (row[4] > 0.0) scales.learn(row[3]);
  return std::fabs(score - row[5]);
}

double worst_golden_error() {
  TimeScales scales(kWeights, kUnbounded);
  double worst = 0.0;
  for (const std::vector<double>& row : epsilond::tests::read_golden("host_time_scales.csv"))
    worst = std::fmax(worst, follow(scales, row));
  return worst;
}

void the_score_agrees_with_numpy(void**) {
  // Hundreds of sums of numbers below 100; 15 digits in the file.
  assert_near(worst_golden_error(), 0.0, 1e-11, 0);
}

void the_first_twenty_rows_score_nothing(void**) {
  TimeScales scales(kWeights, kUnbounded);
  for (int row = 0; row < 20; ++row) {
    assert_near(scales.score({100.0, 100.0, 100.0}), 0.0, 0, 0);
    scales.advance({1.0 * (row % 2), 2.0, 3.0});
    scales.learn(60.0);
  }
  assert_true(scales.score({100.0, 100.0, 100.0}) > 1.0);
}

// What `rows` rows of a small shift in the first sum come to, after long noise of +-1 in all sums.
double score_of_a_shift(int rows, double shift) {
  TimeScales scales(kWeights, kUnbounded);
  for (int row = 0; row < 4000; ++row) {
    const double noise = row % 2 == 0 ? 1.0 : -1.0;
    scales.advance({noise, noise, noise});
    scales.learn(60.0);
  }
  for (int row = 0; row + 1 < rows; ++row) scales.advance({shift, 0.0, 0.0});
  return scales.score({shift, 0.0, 0.0});
}

void what_is_little_but_lasts_shows_in_the_longer_averages(void**) {
  assert_true(score_of_a_shift(60, 1.0) > score_of_a_shift(1, 1.0) + 0.5);
}

void a_spike_shows_at_once(void**) { assert_true(score_of_a_shift(1, 50.0) > 1.0); }

bool round_trip_is_identical(std::size_t learned) {
  const auto rows = epsilond::tests::read_golden("host_time_scales.csv");
  TimeScales original(kWeights, kUnbounded);
  for (std::size_t i = 0; i < learned; ++i) follow(original, rows[i]);
  original.advance({9.0, 9.0, 9.0});  // a row that is not learned
  State state{};
  original.save(state.data());
  TimeScales copy(kWeights, kUnbounded);
  bool same = copy.load(state.data());
  for (const std::vector<double>& row : rows) same = same && follow(copy, row) == follow(original, row);
  return same;
}

void a_round_trip_gives_identical_scores_from_then_on(void**) {
  for (const std::size_t learned : {0u, 1u, 7u, 30u, 399u}) assert_true(round_trip_is_identical(learned));
}

bool refused(std::size_t at, double value) {
  TimeScales scales(kWeights, kUnbounded);
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
    cmocka_unit_test(a_spike_shows_at_once),
    cmocka_unit_test(a_round_trip_gives_identical_scores_from_then_on),
    cmocka_unit_test(a_damaged_state_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
