#include "models/decision/episode_tail.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::EpisodeTail;
using epsilond::models::EpisodeTailSettings;
using epsilond::tests::Rng;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
using State = std::array<double, EpisodeTail::kStateDoubles>;

// Largest error of both readings, relative to 1 + the expected one.
double worst_golden_error(const std::string& name, double interval_s, double elapsed_s) {
  EpisodeTail tail(EpisodeTailSettings{.interval_s = interval_s});
  const auto expected = epsilond::tests::read_golden((name + ".csv").c_str());
  double learned = 0.0;
  double worst = 0.0;
  std::size_t next = 0;
  for (const std::vector<double>& row : epsilond::tests::read_golden((name + "_scores.csv").c_str())) {
    tail.learn(row[0], elapsed_s);
    learned += 1.0;
    for (; next < expected.size() && expected[next][0] == learned; ++next) {
      const EpisodeTail::Surprise surprise = tail.surprise(expected[next][1]);
      worst = std::fmax(worst, std::fabs(surprise.lasting - expected[next][2]) / (1.0 + expected[next][2]));
      worst = std::fmax(worst, std::fabs(surprise.recent - expected[next][3]) / (1.0 + expected[next][3]));
    }
  }
  return next == expected.size() ? worst : kInfinity;
}

// Thousands of sums of numbers below 10 in double precision, and 15 digits in the file.
constexpr double kGolden = 1e-10;

void an_exponential_stream_agrees_with_numpy(void**) {
  assert_near(worst_golden_error("host_episodes_exponential", 300.0, 300.0), 0.0, kGolden, 0);
}

void a_heavy_stream_with_more_peaks_than_are_kept_agrees_with_numpy(void**) {
  assert_near(worst_golden_error("host_episodes_heavy", 1.0, 850.0), 0.0, kGolden, 0);
}

// Scores that wander, with excesses of a generalised Pareto tail of this shape.
EpisodeTail learned(int scores, double shape, std::uint64_t seed, double elapsed_s = 300.0) {
  EpisodeTail tail(EpisodeTailSettings{.interval_s = 300.0});
  Rng rng(seed);
  for (int i = 0; i < scores; ++i) tail.learn(std::expm1(-shape * std::log(1.0 - rng.uniform())) / shape, elapsed_s);
  return tail;
}

bool never_decreases(const EpisodeTail& tail) {
  EpisodeTail::Surprise before;
  for (double score = -20.0; score < 60.0; score += 0.01) {
    const EpisodeTail::Surprise now = tail.surprise(score);
    if (!(now.lasting >= before.lasting && now.recent >= before.recent)) return false;
    before = now;
  }
  return before.lasting > tail.surprise(-20.0).lasting;
}

void a_higher_score_is_never_less_surprising(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const double shape : {-0.45, 0.001, 0.6})
    for (const int scores : {0, 199, 200, 260, 1000, 20000}) assert_true(never_decreases(learned(scores, shape, seed)));
}

bool all_finite(const EpisodeTail& tail) {
  for (const double score : {-kInfinity, -1e308, -1e6, -1.0, 0.0, 1.0, 1e6, 1e308, kInfinity, kNaN}) {
    const EpisodeTail::Surprise surprise = tail.surprise(score);
    if (!std::isfinite(surprise.lasting) || !std::isfinite(surprise.recent)) return false;
    if (surprise.lasting < 0.0 || surprise.recent < 0.0) return false;
  }
  return true;
}

void every_double_has_a_finite_surprise(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const double shape : {-0.45, 0.6})
    for (const int scores : {0, 100, 250, 5000}) assert_true(all_finite(learned(scores, shape, seed)));
}

void what_is_not_finite_is_not_learned(void**) {
  EpisodeTail tail = learned(1000, 0.1, 1);
  State before{};
  State after{};
  tail.save(before);
  for (const double score : {kNaN, kInfinity, -kInfinity}) tail.learn(score, 300.0);
  tail.save(after);
  assert_true(before == after);
}

void there_is_no_recent_surprise_before_two_hundred_scores(void**) {
  assert_false(learned(199, 0.1, 1).ready());
  assert_near(learned(199, 0.1, 1).surprise(9.0).recent, 0.0, 0, 0);
  assert_true(learned(200, 0.1, 1).ready());
  assert_true(learned(200, 0.1, 1).surprise(9.0).recent > 1.0);
  // Until then -log10(0.05 / 5 / 3) at the usual start of 1, and 1 / ln 10 more with each usual scale of 0.4.
  const double at_start = std::log10(300.0);
  assert_near(learned(0, 0.1, 1).surprise(1.4).lasting, at_start + 1.0 / std::log(10.0), 1e-12, 0);
}

// How many scores of a stationary stream are as surprising as 1e-4, each judged before it is learned.
int beyond_the_cut(double shape, std::uint64_t seed, int scores, double elapsed_s) {
  EpisodeTail tail(EpisodeTailSettings{.interval_s = 300.0});
  Rng rng(seed);
  int count = 0;
  for (int i = 0; i < scores; ++i) {
    const double score = std::expm1(-shape * std::log(1.0 - rng.uniform())) / shape;
    count += tail.surprise(score).recent >= 4.0 ? 1 : 0;
    tail.learn(score, elapsed_s);
  }
  return count;
}

void a_stationary_stream_keeps_to_the_rate_that_is_read_off(void**) {
  // 2000 s apart each exceedance is a cluster of its own: of a surprise of 4 there are 3e-4 2000 / 300 a score, 120 in
  // 60000. To the Poisson variance of 120 comes that of the fits: 25 times 56 days, each from 40 peaks and good to a
  // quarter, (120 / 4)^2 / 25 = 36. Four standard deviations, and a tenth for the half squared error that a rate gains.
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const double shape : {0.001, 0.3}) {
    const int count = beyond_the_cut(shape, seed, 60000, 2000.0);
    assert_near(count, 120.0, 4.0 * std::sqrt(120.0 + 36.0) + 12.0, 0);
  }
}

// Learns on after a round trip: the same numbers from then on?
bool round_trip_is_identical(int scores) {
  EpisodeTail original = learned(scores, 0.3, 5, 900.0);
  State state{};
  original.save(state);
  EpisodeTail copy(EpisodeTailSettings{.interval_s = 300.0});
  if (!copy.load(state)) return false;
  Rng rng(6);
  for (int i = 0; i < 1000; ++i) {
    const double score = std::exp(rng.normal());
    const EpisodeTail::Surprise a = original.surprise(score);
    const EpisodeTail::Surprise b = copy.surprise(score);
    if (a.lasting != b.lasting || a.recent != b.recent) return false;
    original.learn(score, 900.0);
    copy.learn(score, 900.0);
  }
  return true;
}

void a_round_trip_gives_identical_surprises_from_then_on(void**) {
  for (const int scores : {0, 50, 200, 237, 1003, 9001}) assert_true(round_trip_is_identical(scores));
}

// Is a state with one number replaced refused, and nothing changed?
bool refused(std::size_t at, double value) {
  State state{};
  learned(1000, 0.3, 5).save(state);
  state[at] = value;
  EpisodeTail tail = learned(500, 0.1, 7);
  State before{};
  State after{};
  tail.save(before);
  const bool loaded = tail.load(state);
  tail.save(after);
  return !loaded && before == after;
}

void a_damaged_state_is_refused(void**) {
  for (std::size_t at = 0; at < EpisodeTail::kStateDoubles; ++at) {
    assert_true(refused(at, kNaN));
    assert_true(refused(at, -kInfinity));
  }
  // Counts, times, scales and surprises; see save().
  for (const std::size_t at : {0u, 1u, 2u, 3u, 6u, 7u, 10u, 12u, 14u, 16u, 17u, 18u}) assert_true(refused(at, -1.0));
  for (const std::size_t at : {0u, 3u, 6u}) assert_true(refused(at, 0.5));
  assert_true(refused(6, static_cast<double>(EpisodeTail::kPeaks + 1)));
}

void a_score_that_never_moves_is_not_strange(void**) {
  for (const double interval_s : {1.0, 60.0}) {
    EpisodeTail tail(EpisodeTailSettings{.interval_s = interval_s});
    for (int n = 0; n < 40000; ++n) {
      tail.learn(0.5, interval_s);
      const EpisodeTail::Surprise surprise = tail.surprise(0.5);
      assert_true(surprise.lasting < 1.5 && surprise.recent < 1.5);
    }
    assert_true(tail.surprise(9.0).lasting > 3.0);
    assert_true(tail.surprise(9.0).recent > 3.0);
  }
}

// A restart must not lose what was learned where no score differed from another.
bool state_is_taken_where_no_score_moved() {
  EpisodeTail tail(EpisodeTailSettings{.interval_s = 1.0});
  for (int n = 0; n < 1000; ++n) tail.learn(0.5, 1.0);
  State state{};
  tail.save(state);
  EpisodeTail copy(EpisodeTailSettings{.interval_s = 1.0});
  return copy.load(state) && copy.surprise(9.0).lasting == tail.surprise(9.0).lasting;
}

void a_state_is_taken_where_no_score_moved(void**) { assert_true(state_is_taken_where_no_score_moved()); }

void reset_forgets(void**) {
  EpisodeTail tail = learned(1000, 0.3, 5);
  tail.reset();
  State state{};
  State fresh{};
  tail.save(state);
  EpisodeTail(EpisodeTailSettings{.interval_s = 300.0}).save(fresh);
  assert_true(state == fresh);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(an_exponential_stream_agrees_with_numpy),
    cmocka_unit_test(a_heavy_stream_with_more_peaks_than_are_kept_agrees_with_numpy),
    cmocka_unit_test(a_higher_score_is_never_less_surprising),
    cmocka_unit_test(every_double_has_a_finite_surprise),
    cmocka_unit_test(what_is_not_finite_is_not_learned),
    cmocka_unit_test(there_is_no_recent_surprise_before_two_hundred_scores),
    cmocka_unit_test(a_stationary_stream_keeps_to_the_rate_that_is_read_off),
    cmocka_unit_test(a_round_trip_gives_identical_surprises_from_then_on),
    cmocka_unit_test(a_damaged_state_is_refused),
    cmocka_unit_test(a_score_that_never_moves_is_not_strange),
    cmocka_unit_test(a_state_is_taken_where_no_score_moved),
    cmocka_unit_test(reset_forgets),
};
EPSILOND_TEST_MAIN(kTests)
