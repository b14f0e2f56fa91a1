#include "models/host_detector.h"

#include <cmath>
#include <limits>
#include <memory>

#include "tests/models/detector_bed.h"
#include "tests/models/learned_bed.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BaselineKind;
using epsilond::models::HostDetector;
using epsilond::models::HostDetectorSettings;
using epsilond::models::Score;
using epsilond::models::ScoreStatus;
using epsilond::tests::Bed;
using epsilond::tests::bed_of;
using epsilond::tests::bed_settings;
using epsilond::tests::free_learned;
using epsilond::tests::learned;
using epsilond::tests::make_learned;
using epsilond::tests::Rng;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Of a joint score of 0, which is usual, until there is evidence: -log10(0.05 / 5 / 3) - 1 / (0.4 ln 10) = 1.391.
constexpr double kEveryday = 1.4;

void mean_and_sd_are_those_of_what_was_learned(void** state) {
  const Score score = bed_of(state).model.score(bed_of(state).observation);
  for (Eigen::Index i = 0; i < 3; ++i) {
    assert_near(score.mean[i], 10.0 * static_cast<double>(i + 1), 0.5, 0);
    assert_near(score.sd[i], 3.0, 0.3, 0);
  }
}

void log_density_is_the_sum_of_gaussian_log_densities(void** state) {
  Bed& bed = bed_of(state);
  bed.value(1) = 27.0;
  const Score score = bed.model.score(bed.observation);
  double sum = 0.0;
  for (Eigen::Index i = 0; i < 3; ++i)
    sum += -0.5 * score.z[i] * score.z[i] - std::log(score.sd[i]) - 0.5 * std::log(2.0 * std::acos(-1.0));
  assert_near(score.log_density, sum, 1e-12, 1e-12);
  assert_near(score.z[1], (27.0 - score.mean[1]) / score.sd[1], 1e-12, 0);
}

void scoring_changes_nothing(void** state) {
  Bed& bed = bed_of(state);
  bed.value(0) = 1e6;
  const double first = bed.model.score(bed.observation).log_density;
  for (int i = 0; i < 100; ++i) bed.model.score(bed.observation);
  assert_near(bed.model.score(bed.observation).log_density, first, 0, 0);
}

void a_gross_value_is_surprising_and_takes_the_largest_share(void** state) {
  Bed& bed = bed_of(state);
  assert_true(bed.model.score(bed.observation).surprise < kEveryday);
  bed.value(2) = 3000.0;
  const Score score = bed.model.score(bed.observation);
  assert_true(score.status == ScoreStatus::kScored);
  assert_true(score.surprise > 5.0);
  assert_true(score.share[2] > 0.9);
  assert_near(score.share.sum(), 1.0, 1e-12, 0);
}

void nothing_odd_means_no_shares(void** state) {
  assert_near(bed_of(state).model.score(bed_of(state).observation).share.sum(), 0.0, 0, 0);
}

void an_absent_feature_counts_for_nothing(void** state) {
  Bed& bed = bed_of(state);
  bed.value(2) = 1e9;
  bed.observation.present.reset(2);
  const Score score = bed.model.score(bed.observation);
  assert_int_equal(score.features_used, 2);
  assert_true(score.surprise < kEveryday);
  assert_near(score.z[2], 0.0, 0, 0);
  assert_near(score.mean[2], 0.0, 0, 0);
}

void a_non_finite_value_is_reported_and_not_learned(void** state) {
  Bed& bed = bed_of(state);
  const Score before = bed.model.score(bed.observation);
  for (const double bad : {kNaN, std::numeric_limits<double>::infinity()}) {
    bed.value(0) = bad;
    const Score score = bed.model.score(bed.observation);
    assert_true(score.status == ScoreStatus::kNonFinite);
    assert_near(score.surprise, 0.0, 0, 0);
    bed.model.update(bed.observation);
    bed.model.observe_unlearned(bed.observation);
  }
  bed.value(0) = 10.0;
  assert_near(bed.model.score(bed.observation).mean[0], before.mean[0], 0, 0);
}

void a_gap_counts_as_ten_intervals(void** state) {
  Bed& bed = bed_of(state);
  const double before_s = bed.model.learned_s();
  bed.observation.elapsed_s = 86400.0;
  bed.model.update(bed.observation);
  assert_near(bed.model.learned_s() - before_s, 10.0, 1e-9, 0);
}

void an_impossible_elapsed_time_counts_as_one_interval(void** state) {
  Bed& bed = bed_of(state);
  const double before_s = bed.model.learned_s();
  for (const double elapsed_s : {0.0, -5.0, kNaN}) {
    bed.observation.elapsed_s = elapsed_s;
    bed.model.update(bed.observation);
  }
  assert_near(bed.model.learned_s() - before_s, 3.0, 1e-9, 0);
}

void one_reading_cannot_drag_the_mean(void** state) {
  Bed& bed = bed_of(state);
  const Score before = bed.model.score(bed.observation);
  bed.value(0) = 1e9;
  bed.model.update(bed.observation);
  bed.value(0) = 10.0;
  const Score after = bed.model.score(bed.observation);
  // 9 sd in 600 rows of level, and less than that again of season.
  assert_true(after.mean[0] - before.mean[0] <= 2.0 * 9.0 * before.sd[0] / 600.0);
}

void a_feature_that_appears_late_is_shown_but_counts_after_30_rows(void** state) {
  Bed& bed = bed_of(state);
  bed.model.reset();
  bed.observation.present.reset(1);
  for (int i = 0; i < 100; ++i) bed.model.update(bed.observation);
  bed.observation.present.set(1);
  for (int i = 0; i < 29; ++i) bed.model.update(bed.observation);
  assert_int_equal(bed.model.score(bed.observation).features_used, 2);
  assert_near(bed.model.score(bed.observation).mean[1], 20.0, 1e-9, 0);
  bed.model.update(bed.observation);
  assert_int_equal(bed.model.score(bed.observation).features_used, 3);
}

void nothing_is_judged_before_warm_up_is_over(void** state) {
  Bed& bed = bed_of(state);
  bed.model.reset();
  for (int i = 0; i < 59; ++i) bed.model.update(bed.observation);
  bed.value(0) = 1e9;
  const Score score = bed.model.score(bed.observation);
  assert_true(score.status == ScoreStatus::kLearning);
  assert_near(score.surprise, 0.0, 0, 0);
  assert_near(bed.model.learning_ratio(), 59.0 / 60.0, 1e-9, 0);
  bed.value(0) = 10.0;
  bed.model.update(bed.observation);
  assert_true(bed.model.ready());
}

double learning_ratio_after(int rows, double interval_s) { return learned(rows, interval_s)->model.learning_ratio(); }

void thirty_rows_are_needed_at_any_interval(void**) {
  assert_near(learning_ratio_after(29, 300.0), 29.0 / 30.0, 1e-9, 0);
  assert_near(learning_ratio_after(30, 300.0), 1.0, 0, 0);
}

void reset_forgets_everything(void** state) {
  Bed& bed = bed_of(state);
  bed.model.reset();
  const Score score = bed.model.score(bed.observation);
  assert_int_equal(score.sample_count, 0);
  assert_int_equal(score.features_used, 0);
  assert_near(bed.model.learned_s(), 0.0, 0, 0);
  assert_near(score.sd[0], 1.0, 0, 0);
}

// One feature without a season, whose spread would be a factor of the sd.
HostDetectorSettings without_season(double warm_up_s) {
  HostDetectorSettings settings = bed_settings(1, warm_up_s);
  settings.baseline = BaselineKind::kGlobal;
  return settings;
}

double sd_of_a_constant(double value) {
  Bed bed(without_season(60.0));
  bed.value(0) = value;
  for (int i = 0; i < 100; ++i) bed.model.update(bed.observation);
  return bed.model.score(bed.observation).sd[0];
}

void a_constant_feature_has_the_sd_of_its_resolution(void**) { assert_near(sd_of_a_constant(3.0), 1.0, 0, 0); }

void a_large_level_is_not_known_to_more_than_two_percent(void**) {
  assert_near(sd_of_a_constant(-1000.0), 20.0, 1e-9, 0);
}

// Forty rows of one value.
Score score_of_rows_of(double value) {
  Bed bed(without_season(30.0));
  bed.value(0) = value;
  for (int i = 0; i < 40; ++i) bed.model.update(bed.observation);
  return bed.model.score(bed.observation);
}

void the_largest_readings_are_learned_and_what_is_beyond_is_none(void**) {
  const Score score = score_of_rows_of(epsilond::models::kLargestReading);
  assert_near(score.mean[0], 1e30, 0, 1e-12);
  assert_near(score.sd[0], 0.02 * 1e30, 0, 1e-12);
  assert_true(score.surprise < kEveryday);
  const double beyond = std::nextafter(epsilond::models::kLargestReading, std::numeric_limits<double>::infinity());
  assert_true(score_of_rows_of(beyond).status == ScoreStatus::kNonFinite);
}

double sd_of_rare_steps() {
  Bed bed(without_season(60.0));
  for (int i = 0; i < 2000; ++i) {
    bed.value(0) = i % 500 == 499 ? 100.0 : 0.0;
    bed.model.update(bed.observation);
  }
  bed.value(0) = 0.0;
  return bed.model.score(bed.observation).sd[0];
}

void a_feature_that_only_moves_in_steps_is_not_known_better_than_a_third_of_a_step(void**) {
  assert_near(sd_of_rare_steps(), 30.0, 1e-9, 0);
}

// A level moves by 50 sd and stays: the mean that is expected after the episode has been accepted.
Score after_accepting(bool climb) {
  const std::unique_ptr<Bed> bed = learned();
  Rng rng(2);
  for (int i = 0; i < 7200; ++i) {
    for (std::size_t k = 0; k < 3; ++k) bed->value(k) = 10.0 * static_cast<double>(k + 1) + 3.0 * rng.normal();
    bed->value(0) += climb && i < 3600 ? 150.0 * i / 3600.0 : 150.0;
    bed->model.observe_unlearned(bed->observation);
  }
  bed->model.accept_level();
  for (std::size_t k = 0; k < 3; ++k) bed->value(k) = 10.0 * static_cast<double>(k + 1);
  bed->value(0) += 150.0;
  return bed->model.score(bed->observation);
}

void an_accepted_level_is_the_new_mean(void**) {
  const Score score = after_accepting(false);
  assert_near(score.mean[0], 160.0, 1.0, 0);
  assert_near(score.surprise, 0.0, kEveryday, 0);
}

void the_last_level_is_accepted_not_the_way_there(void**) { assert_near(after_accepting(true).mean[0], 160.0, 4.0, 0); }

void features_that_did_not_move_keep_their_mean(void** state) {
  const Score before = bed_of(state).model.score(bed_of(state).observation);
  const Score after = after_accepting(false);
  assert_near(after.mean[1], before.mean[1], 0.5, 0);  // the season did learn, within the noise
  // The spread of the hour, a chi-square mean of 570 rows, is within 0.27 of 1 and believed more with more visits.
  assert_near(after.sd[2], before.sd[2], 0, 0.07);
}

void what_was_discarded_is_not_accepted(void** state) {
  Bed& bed = bed_of(state);
  const double before = bed.model.score(bed.observation).mean[0];
  bed.value(0) = 500.0;
  for (int i = 0; i < 100; ++i) bed.model.observe_unlearned(bed.observation);
  bed.model.discard_unlearned();
  bed.model.accept_level();
  assert_near(bed.model.score(bed.observation).mean[0], before, 1.3,
              0);  // of 490: 18 sd ln(7 / 6) n / (n + 3) of season
}

// A load average after a busy hour: it slides down for a minute, then goes on down while the model is asked.
double surprise_of_a_slide_that_goes_on() {
  Bed bed(bed_settings(1, 60.0));
  const auto level = [](int second) { return 40.0 * std::exp(-static_cast<double>(second) / 120.0); };
  for (int second = 0; second < 70; ++second) {
    bed.value(0) = level(second);
    bed.model.update(bed.observation);
  }
  for (int second = 70; second < 180; ++second) {
    bed.value(0) = level(second);
    bed.model.advance(bed.observation);
  }
  bed.value(0) = level(180);
  const auto score = bed.model.score(bed.observation);
  return score.surprise - score.habituation;  // what the budget goes by
}

void a_slide_was_seen_once_not_sixty_times(void**) {
  // What a model of 70 s is allowed to raise: -log10(0.4 / (1870 * 1.003) / 3).
  assert_near(surprise_of_a_slide_that_goes_on(), 0.0, 4.14, 0);
}

// Two features equally odd; the second is a symptom.
double share_of_the_cause() {
  HostDetectorSettings settings = bed_settings(2, 60.0);
  settings.blame = {1.0, 0.5};
  Bed bed(settings);
  for (int row = 0; row < 100; ++row) bed.model.update(bed.observation);
  bed.value(0) = bed.value(1) = 500.0;
  return bed.model.score(bed.observation).share[0];
}

void a_symptom_takes_its_part_of_the_blame(void**) { assert_near(share_of_the_cause(), 2.0 / 3.0, 1e-9, 0); }

// Eight times the floor of the sd, after thousands of rows that never came near it.
double surprise_after_narrow_rows(bool forget) {
  Bed bed(bed_settings(1, 60.0));
  Rng rng(1);
  for (int row = 0; row < 5000; ++row) {
    bed.value(0) = 10.0 + 0.001 * rng.normal();
    bed.model.update(bed.observation);
  }
  if (forget) bed.model.forget_spread();
  bed.value(0) = 18.0;
  return bed.model.score(bed.observation).surprise;
}

void spread_that_is_forgotten_makes_an_ordinary_sample_less_strange(void**) {
  assert_true(surprise_after_narrow_rows(true) < surprise_after_narrow_rows(false) - 2.0);
}

void a_detector_without_its_spread_is_still_ready_and_knows_its_levels(void** state) {
  Bed& bed = bed_of(state);
  bed.model.forget_spread();
  bed.value(2) = 300.0;
  const Score score = bed.model.score(bed.observation);
  assert_true(score.status == ScoreStatus::kScored);
  assert_near(score.mean[2], 30.0, 0.5, 0);
  assert_true(score.surprise > 5.0);
}

void memory_is_stated_and_small(void** state) {
  const std::size_t bytes = bed_of(state).model.memory_bytes();
  // Of a feature: a season of 480 floats and five tails of 96; of the detector, its own size and twice that of a row.
  assert_true(bytes > 3 * 4 * (480 + 5 * 96));
  assert_true(bytes < 2 * sizeof(HostDetector) + 3 * 8192);
}

// With the hours of the week, and at an interval that averages fit into: no detector of so many features holds more.
std::size_t most_bytes(std::size_t feature_count) { return HostDetector(bed_settings(feature_count)).memory_bytes(); }

void twenty_features_take_less_than_200_kilobytes_and_64_less_than_a_megabyte(void**) {
  assert_true(most_bytes(20) < 200'000);
  assert_true(most_bytes(64) < 1'000'000);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(mean_and_sd_are_those_of_what_was_learned, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(log_density_is_the_sum_of_gaussian_log_densities, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(scoring_changes_nothing, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(a_gross_value_is_surprising_and_takes_the_largest_share, make_learned,
                                    free_learned),
    cmocka_unit_test_setup_teardown(nothing_odd_means_no_shares, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(an_absent_feature_counts_for_nothing, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(a_non_finite_value_is_reported_and_not_learned, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(a_gap_counts_as_ten_intervals, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(an_impossible_elapsed_time_counts_as_one_interval, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(one_reading_cannot_drag_the_mean, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(a_feature_that_appears_late_is_shown_but_counts_after_30_rows, make_learned,
                                    free_learned),
    cmocka_unit_test_setup_teardown(nothing_is_judged_before_warm_up_is_over, make_learned, free_learned),
    cmocka_unit_test(thirty_rows_are_needed_at_any_interval),
    cmocka_unit_test_setup_teardown(reset_forgets_everything, make_learned, free_learned),
    cmocka_unit_test(a_constant_feature_has_the_sd_of_its_resolution),
    cmocka_unit_test(a_large_level_is_not_known_to_more_than_two_percent),
    cmocka_unit_test(the_largest_readings_are_learned_and_what_is_beyond_is_none),
    cmocka_unit_test(a_feature_that_only_moves_in_steps_is_not_known_better_than_a_third_of_a_step),
    cmocka_unit_test(an_accepted_level_is_the_new_mean),
    cmocka_unit_test(the_last_level_is_accepted_not_the_way_there),
    cmocka_unit_test_setup_teardown(features_that_did_not_move_keep_their_mean, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(what_was_discarded_is_not_accepted, make_learned, free_learned),
    cmocka_unit_test(a_slide_was_seen_once_not_sixty_times),
    cmocka_unit_test(a_symptom_takes_its_part_of_the_blame),
    cmocka_unit_test(spread_that_is_forgotten_makes_an_ordinary_sample_less_strange),
    cmocka_unit_test_setup_teardown(a_detector_without_its_spread_is_still_ready_and_knows_its_levels, make_learned,
                                    free_learned),
    cmocka_unit_test_setup_teardown(memory_is_stated_and_small, make_learned, free_learned),
    cmocka_unit_test(twenty_features_take_less_than_200_kilobytes_and_64_less_than_a_megabyte),
};
EPSILOND_TEST_MAIN(kTests)
