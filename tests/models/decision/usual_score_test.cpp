#include "models/decision/usual_score.h"

#include <cmath>
#include <limits>

#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::ForgettingMoments;
using epsilond::models::UsualScore;

namespace {

struct Worst {
  double mean = 0.0;
  double variance = 0.0;
  std::size_t rows = 0;
};

Worst worst_against_numpy() {
  Worst worst;
  UsualScore usual;
  for (const std::vector<double>& row : epsilond::tests::read_golden("usual_score.csv")) {
    usual.learn(row[1], row[0]);
    worst.mean = std::fmax(worst.mean, std::fabs(usual.mean() - row[2]));
    worst.variance = std::fmax(worst.variance, std::fabs(usual.variance() - row[3]));
    ++worst.rows;
  }
  return worst;
}

void mean_and_variance_are_the_weighted_ones_of_numpy(void**) {
  const Worst worst = worst_against_numpy();
  assert_int_equal(worst.rows, 300);
  // Values near 40, whose last place is 7e-15; three hundred steps that each round a few times. The squares are a
  // hundred times that.
  assert_near(worst.mean, 0.0, 1e-11, 0);
  assert_near(worst.variance, 0.0, 1e-9, 0);
}

void nothing_is_known_of_a_few_scores(void**) {
  UsualScore usual;
  for (int i = 0; i < 59; ++i) usual.learn(-10.0, 1.0);
  assert_false(usual.known());
  usual.learn(-10.0, 1.0);
  assert_true(usual.known());
  assert_near(usual.mean(), -10.0, 0, 0);
  assert_near(usual.variance(), 0.0, 0, 0);
  usual.reset();
  assert_false(usual.known());
}

void a_score_that_is_not_finite_is_passed_over(void**) {
  UsualScore usual;
  for (const double score : {1.0, std::nan(""), HUGE_VAL, -HUGE_VAL, 3.0}) usual.learn(score, 1.0);
  assert_near(usual.moments().count, 2.0, 0, 0);
  assert_near(usual.mean(), 2.0, 1e-15, 0);
  assert_near(usual.variance(), 1.0, 1e-15, 0);
}

void impossible_moments_are_not_restored(void**) {
  UsualScore usual;
  usual.learn(5.0, 1.0);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const ForgettingMoments& bad :
       {ForgettingMoments{-1.0, 0.0, 0.0}, ForgettingMoments{3.0, kNan, 0.0}, ForgettingMoments{3.0, 0.0, -1.0}})
    assert_false(usual.restore(bad));
  assert_near(usual.mean(), 5.0, 0, 0);
  assert_true(usual.restore({100.0, -7.0, 2.0}));
  assert_true(usual.known());
  assert_near(usual.mean(), -7.0, 0, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(mean_and_variance_are_the_weighted_ones_of_numpy),
    cmocka_unit_test(nothing_is_known_of_a_few_scores),
    cmocka_unit_test(a_score_that_is_not_finite_is_passed_over),
    cmocka_unit_test(impossible_moments_are_not_restored),
};
EPSILOND_TEST_MAIN(kTests)
