#include "models/density/mahalanobis_detector.h"

#include <cmath>

#include "tests/models/density/live_bed.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::MahalanobisDetector;
using epsilond::models::MahalanobisDetectorSettings;
using epsilond::models::Score;
using epsilond::models::ScoreStatus;
using epsilond::tests::bank_settings;
using epsilond::tests::Damage;

namespace {

using Bed = epsilond::tests::LiveBed<MahalanobisDetector, MahalanobisDetectorSettings>;
constexpr double kLog2Pi = 1.83787706640934548356;

MahalanobisDetectorSettings settings(std::size_t features = 5, double warm_up_s = 300.0) {
  return {.bank = bank_settings(features, warm_up_s), .shrinkage = 0.1};
}

struct Abstains {
  bool scored_early = false;
  double ratio_before = 0.0;
  int ready_after = 0;
};

Abstains abstains() {
  Bed bed(settings());
  Abstains out;
  while (!bed.model.ready() && out.ready_after < 1000) {
    out.ratio_before = bed.model.learning_ratio();
    bed.normal_row();
    out.scored_early = out.scored_early || bed.score().status != ScoreStatus::kLearning;
    bed.learn();
    ++out.ready_after;
  }
  return out;
}

void nothing_is_judged_before_warm_up(void**) {
  const Abstains made = abstains();
  assert_false(made.scored_early);
  assert_true(made.ratio_before < 1.0);
  assert_int_equal(made.ready_after, 300);
}

struct Judged {
  double normal;
  double gross;
  double gross_share;
  double broken;
  double broken_z;  // the largest of any feature
  double broken_shares;
};

// A row where features 0 and 1 lie 1.5 sd above and below their means: each is an everyday value.
void break_correlation(Bed& bed) {
  for (std::size_t i = 0; i < bed.feature_count; ++i) bed.set(i, 0.0);
  bed.set(0, 1.5);
  bed.set(1, -1.5);
}

Judged judged() {
  Bed bed(settings());
  bed.learn_normal(3000);
  Judged out{};
  for (int row = 0; row < 200; ++row) {
    bed.normal_row();
    out.normal = std::fmax(out.normal, bed.score().surprise);
  }
  bed.normal_row();
  bed.set(3, 40.0);
  out.gross = bed.score().surprise;
  out.gross_share = bed.score().share[3];
  break_correlation(bed);
  const Score broken = bed.score();
  out.broken = broken.surprise;
  for (Eigen::Index i = 0; i < 5; ++i) out.broken_z = std::fmax(out.broken_z, std::fabs(broken.z[i]));
  out.broken_shares = broken.share[0] + broken.share[1];
  return out;
}

void a_gross_value_and_a_broken_correlation_are_surprising(void**) {
  const Judged made = judged();
  assert_true(made.gross > made.normal + 2.0);
  assert_true(made.gross_share > 0.5);
  assert_true(made.broken_z < 2.0);
  assert_true(made.broken > made.normal + 1.0);
  assert_true(made.broken_shares > 0.9);
}

struct Density {
  double by_model;
  double by_hand;
};

// Two features: the density of two correlated Gaussians written out, from the moments in the score.
Density density() {
  Bed bed(settings(2));
  bed.learn_normal(5000);
  bed.set(0, 0.7);
  bed.set(1, -0.2);
  const Score score = bed.score();
  // All correlation that is known of these rows is 1 / 1.01, times 1 - l.
  const double r = (1.0 - bed.model.shrinkage()) / 1.01;
  const double square =
      (score.z[0] * score.z[0] - 2.0 * r * score.z[0] * score.z[1] + score.z[1] * score.z[1]) / (1 - r * r);
  return {score.log_density, -kLog2Pi - 0.5 * std::log(1 - r * r) - 0.5 * square - std::log(score.sd[0] * score.sd[1])};
}

void the_log_density_is_in_the_units_of_the_observation(void**) {
  // The correlation of 5,000 rows is sure to (1 - r^2) / sqrt(5000) = 0.0003, the density to 5 times what follows from
  // it.
  assert_near(density().by_model, density().by_hand, 0.02, 0);
}

struct Absent {
  double present;
  double absent;
  bool judged;
};

// Mean strangeness as told by the share of rows above a surprise of 1 (a tenth of them).
Absent absent() {
  Bed bed(settings());
  bed.learn_normal(3000);
  Absent out{};
  for (int row = 0; row < 1000; ++row) {
    bed.normal_row();
    out.present += bed.score().surprise >= 1.0 ? 1e-3 : 0.0;
    bed.observation.present.reset(2);
    out.judged = bed.score().status == ScoreStatus::kScored;
    out.absent += bed.score().surprise >= 1.0 ? 1e-3 : 0.0;
    bed.observation.present.set(2);
  }
  return out;
}

void rows_without_a_feature_are_as_surprising_as_others(void**) {
  const Absent made = absent();
  assert_true(made.judged);
  // A tenth each: 4 standard errors of sqrt(0.09 / 1000), the tail's own error from 2,700 rows, and the narrower spread
  // of a distance over four features.
  assert_near(made.present, 0.1, 0.05, 0);
  assert_near(made.absent, 0.1, 0.07, 0);
}

struct Constant {
  bool ready;
  double normal;
  double moved;
  double never_seen;
};

Constant constant() {
  Bed bed(settings(4));
  bed.observation.present.reset(3);
  for (int row = 0; row < 1000; ++row) {
    bed.normal_row();
    bed.set(2, 0.0);
    bed.learn();
  }
  Constant out{bed.model.ready(), bed.score().surprise, 0.0, 0.0};
  bed.set(2, 0.1);
  out.moved = bed.score().surprise;
  bed.set(2, 0.0);
  bed.observation.present.set(3);
  bed.set(3, 1e6);
  out.never_seen = bed.score().surprise;
  return out;
}

void a_constant_feature_may_not_move_and_one_never_seen_does_not_count(void**) {
  const Constant made = constant();
  assert_true(made.ready);
  assert_true(made.moved > made.normal + 2.0);
  assert_near(made.never_seen, made.normal, 1e-9, 0);
}

struct Levels {
  bool ready_after_accept;
  bool ready_again;
  double surprise;
};

Levels accepted_level() {
  Bed bed(settings());
  bed.learn_normal(1000);
  for (int row = 0; row < 600; ++row) {
    bed.normal_row();
    bed.set(0, 100.0 + bed.rng.normal());
    bed.model.advance(bed.observation);
    bed.model.observe_unlearned(bed.observation);
  }
  bed.model.accept_level();
  Levels out{bed.model.ready(), false, 0.0};
  for (int row = 0; row < 400; ++row) {
    bed.normal_row();
    bed.set(0, 100.0 + bed.rng.normal());
    bed.learn();
  }
  out.ready_again = bed.model.ready();
  out.surprise = bed.score().surprise;
  return out;
}

void after_a_new_level_the_detector_abstains_until_it_is_fitted_anew(void**) {
  const Levels made = accepted_level();
  assert_false(made.ready_after_accept);
  assert_true(made.ready_again);
  assert_true(made.surprise < 3.0);
}

bool round_trip(int rows) {
  Bed original(settings(), epsilond::tests::test_seed());
  original.learn_normal(rows);
  Bed copy(settings());
  return epsilond::tests::round_trip_is_identical(original, copy, 400);
}

void a_round_trip_gives_identical_scores_from_then_on(void**) {
  for (const int rows : {0, 10, 40, 2000}) assert_true(round_trip(rows));
}

Damage damaged() {
  Bed writer(settings(3));
  writer.learn_normal(500);
  Bed reader(settings(3), 9);
  reader.learn_normal(400);
  return epsilond::tests::damage(writer, reader, 7 * 8 + 2 * 6 * 8);
}

void impossible_state_is_refused_without_a_trace(void**) {
  const Damage made = damaged();
  assert_int_equal(made.traces, 0);
  assert_int_equal(made.not_finite, 0);
  // Four of each of 19 numbers; only large counts of rows, and since the fit, are possible.
  assert_int_equal(made.tried, 76);
  assert_true(made.tried - made.refused <= 2);
}

bool other_shape_is_refused() {
  Bed writer(settings(3));
  writer.learn_normal(500);
  Bed reader(settings(4));
  return !reader.model.load(epsilond::tests::saved(writer.model));
}

void a_state_of_another_shape_is_refused(void**) { assert_true(other_shape_is_refused()); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(nothing_is_judged_before_warm_up),
    cmocka_unit_test(a_gross_value_and_a_broken_correlation_are_surprising),
    cmocka_unit_test(the_log_density_is_in_the_units_of_the_observation),
    cmocka_unit_test(rows_without_a_feature_are_as_surprising_as_others),
    cmocka_unit_test(a_constant_feature_may_not_move_and_one_never_seen_does_not_count),
    cmocka_unit_test(after_a_new_level_the_detector_abstains_until_it_is_fitted_anew),
    cmocka_unit_test(a_round_trip_gives_identical_scores_from_then_on),
    cmocka_unit_test(impossible_state_is_refused_without_a_trace),
    cmocka_unit_test(a_state_of_another_shape_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
