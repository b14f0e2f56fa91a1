#include "models/decision/score_tail.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::ScoreTail;

namespace {

constexpr double kCapacity = 1e6;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Scores with mean `middle` and standard deviation `unit`.
ScoreTail taught(int scores, double middle = 0.0, double unit = 1.0) {
  ScoreTail tail(kCapacity);
  for (int i = 0; i < scores; ++i) tail.learn(middle + (i % 2 == 0 ? unit : -unit));
  return tail;
}

// Scores that are not two values alone: -2 .. 2 of each kind.
ScoreTail taught_five(int scores, double unit = 1.0) {
  ScoreTail tail(kCapacity);
  for (int i = 0; i < scores; ++i) tail.learn(unit * (i % 5 - 2));
  return tail;
}

void fewer_than_thirty_scores_say_nothing(void**) {
  assert_near(taught(29).surprise(1e9), 0.0, 0, 0);
  assert_true(taught(30).surprise(1e9) > 0.0);
}

// With nothing in its tail yet the prior decides: one in two beyond the mean, and a scale of one sd for the rest.
void at_first_the_surprise_is_linear_in_standard_deviations(void**) {
  const ScoreTail tail = taught(30, 7.0, 3.0);
  for (const double z : {0.5, 1.0, 5.0, 99.0})
    assert_near(tail.surprise(7.0 + 3.0 * z), std::log10(2.0) + z / std::log(10.0), 1e-12, 0);
}

void beyond_a_hundred_standard_deviations_nothing_is_rarer(void**) {
  const ScoreTail tail = taught(30);
  const double rarest = std::log10(2.0) + 100.0 / std::log(10.0);
  for (const double score : {100.0, 1e9, kInfinity}) assert_near(tail.surprise(score), rarest, 1e-12, 0);
}

void the_surprise_never_falls_as_the_score_grows(void**) {
  const ScoreTail tail = taught_five(5000);
  double before = 0.0;
  for (double score = -10.0; score <= 200.0; score += 0.25) {
    const double surprise = tail.surprise(score);
    assert_true(std::isfinite(surprise) && surprise >= before);
    before = surprise;
  }
  assert_true(before > 5.0);
}

void the_unit_of_the_score_does_not_matter(void**) {
  const ScoreTail ones = taught_five(500);
  const ScoreTail thousands = taught_five(500, 1024.0);
  for (const double score : {0.0, 1.0, 2.0, 3.0, 10.0})
    assert_near(thousands.surprise(1024.0 * score), ones.surprise(score), 1e-12, 0);
}

void what_is_common_is_no_surprise_and_what_is_rare_is_one(void**) {
  ScoreTail tail = taught(2000);
  for (int i = 0; i < 20; ++i) tail.learn(8.0);
  // 20 of 1990: those after the first 30 are in the tail.
  assert_near(tail.surprise(8.0), std::log10(1990.0 / 20.0), 0.2, 0);
  assert_true(tail.surprise(1.0) < 0.5);
}

void one_monstrous_score_spoils_the_scale_no_more_than_a_large_one(void**) {
  ScoreTail large = taught_five(100);
  ScoreTail monstrous = taught_five(100);
  large.learn(1e3);
  monstrous.learn(1e300);
  assert_near(monstrous.surprise(5.0), large.surprise(5.0), 1e-12, 0);
}

void of_a_young_scale_every_score_counts_in_full(void**) {
  ScoreTail tail = taught(29);
  tail.learn(1e3);
  assert_true(tail.surprise(100.0) < 1.0);
}

void a_constant_score_has_a_scale_all_the_same(void**) {
  const ScoreTail tail = taught(100, 5.0, 0.0);
  assert_true(tail.surprise(5.0 + 1e-9) > 10.0);
  assert_true(std::isfinite(tail.surprise(6.0)));
}

void what_is_no_number_is_neither_learned_nor_a_surprise(void**) {
  ScoreTail tail = taught(30);
  for (const double score : {kNaN, kInfinity, -kInfinity}) tail.learn(score);
  assert_near(tail.count(), 30.0, 0, 0);
  assert_near(tail.surprise(kNaN), 0.0, 0, 0);
  assert_near(taught(10).surprise(kNaN), 0.0, 0, 0);
}

void a_tail_that_was_saved_says_the_same(void**) {
  const ScoreTail tail = taught_five(500);
  std::array<std::byte, ScoreTail::kStateBytes> state;
  tail.save(state);
  ScoreTail other = taught(40);
  assert_true(other.load(state));
  assert_near(other.count(), 500.0, 0, 0);
  for (const double score : {0.0, 2.0, 5.0, 50.0}) assert_near(other.surprise(score), tail.surprise(score), 0, 0);
}

// The moments come first, then the counts of the tail.
void a_state_that_cannot_be_is_refused_and_changes_nothing(void**) {
  const ScoreTail tail = taught_five(500);
  std::array<std::byte, ScoreTail::kStateBytes> state;
  const double negative = -1.0;
  const auto no_count = static_cast<float>(kNaN);
  ScoreTail other = taught(40);
  const double before = other.surprise(5.0);
  tail.save(state);
  std::memcpy(state.data(), &negative, sizeof negative);
  assert_false(other.load(state));
  tail.save(state);
  std::memcpy(state.data() + state.size() - sizeof no_count, &no_count, sizeof no_count);
  assert_false(other.load(state));
  assert_near(other.surprise(5.0), before, 0, 0);
  assert_near(other.count(), 40.0, 0, 0);
}

void reset_forgets_everything(void**) {
  ScoreTail tail = taught_five(500);
  tail.reset();
  assert_near(tail.count(), 0.0, 0, 0);
  for (int i = 0; i < 30; ++i) tail.learn(i % 2 == 0 ? 1.0 : -1.0);
  assert_near(tail.surprise(5.0), taught(30).surprise(5.0), 0, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(fewer_than_thirty_scores_say_nothing),
    cmocka_unit_test(at_first_the_surprise_is_linear_in_standard_deviations),
    cmocka_unit_test(beyond_a_hundred_standard_deviations_nothing_is_rarer),
    cmocka_unit_test(the_surprise_never_falls_as_the_score_grows),
    cmocka_unit_test(the_unit_of_the_score_does_not_matter),
    cmocka_unit_test(what_is_common_is_no_surprise_and_what_is_rare_is_one),
    cmocka_unit_test(one_monstrous_score_spoils_the_scale_no_more_than_a_large_one),
    cmocka_unit_test(of_a_young_scale_every_score_counts_in_full),
    cmocka_unit_test(a_constant_score_has_a_scale_all_the_same),
    cmocka_unit_test(what_is_no_number_is_neither_learned_nor_a_surprise),
    cmocka_unit_test(a_tail_that_was_saved_says_the_same),
    cmocka_unit_test(a_state_that_cannot_be_is_refused_and_changes_nothing),
    cmocka_unit_test(reset_forgets_everything),
};
EPSILOND_TEST_MAIN(kTests)
