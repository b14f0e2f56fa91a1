// The detector, threshold, hysteresis and gate together on simulated machines; the limits are numbers.

#include <algorithm>
#include <cmath>

#include "tests/models/detector_bed.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Transition;
using epsilond::tests::Bed;
using epsilond::tests::bed_settings;
using epsilond::tests::Rng;

namespace {

constexpr double kDay = 86400.0;

// Two days of 20 independent features at 1 s, after 900 s of warm-up. Allowed: 0.5 a week and an allowance of 0.93
// less 0.05 of it that is later, in all 0.14 + 0.88.
int episodes_in_two_days(bool heavy_tailed, std::uint64_t seed) {
  Bed bed(bed_settings(20));
  Rng rng(seed);
  for (int row = 0; row < static_cast<int>(2 * kDay); ++row) {
    for (std::size_t i = 0; i < bed.feature_count; ++i)
      bed.value(i) = heavy_tailed && i < 4 ? 3.0 * std::exp(1.2 * rng.normal()) : 3.0 * rng.normal();
    bed.step();
  }
  return bed.raised;
}

void gaussian_noise_keeps_within_the_allowance(void**) {
  assert_true(episodes_in_two_days(false, epsilond::tests::test_seed()) <= 1);
}

void heavy_tailed_noise_keeps_near_the_allowance(void**) {
  // Lognormal bursts of up to 200 sd among them: the Poisson 99 % bound of an expected 1.02 is 4.
  assert_true(episodes_in_two_days(true, epsilond::tests::test_seed()) <= 4);
}

struct Step {
  int rows_late = -1;  // rows after the step until it was flagged; -1: never
  bool right_feature = false;
  int false_before = 0;
};

// After `warm_up_s` of noise well within the resolution, feature 7 of 20 jumps by 20 resolutions.
Step step_of_twenty(double warm_up_s, std::uint64_t seed) {
  Bed bed(bed_settings(20, warm_up_s));
  Rng rng(seed);
  auto noise = [&] {
    for (std::size_t i = 0; i < bed.feature_count; ++i) bed.value(i) = 30.0 + 0.3 * rng.normal();
  };
  for (double t = 0; t < warm_up_s; t += 1.0) {
    noise();
    bed.step();
  }
  Step step;
  step.false_before = bed.raised;
  for (int row = 0; row < 30; ++row) {
    noise();
    bed.value(7) += 20.0;
    const Bed::Step seen = bed.step();
    if (!seen.verdict.strange) continue;
    Eigen::Index largest = 0;
    seen.score.share.maxCoeff(&largest);
    step.rows_late = row;
    step.right_feature = largest == 7;
    return step;
  }
  return step;
}

void a_step_of_twenty_resolutions_is_flagged_at_once_after_a_minute(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (std::uint64_t round = 0; round < 20; ++round) {
    const Step step = step_of_twenty(60.0, seed + round);
    assert_int_equal(step.rows_late, 0);
    assert_true(step.right_feature);
    assert_int_equal(step.false_before, 0);
  }
}

void a_step_of_twenty_resolutions_is_flagged_at_once_after_a_day(void**) {
  const Step step = step_of_twenty(kDay, epsilond::tests::test_seed());
  assert_int_equal(step.rows_late, 0);
  assert_true(step.right_feature);
}

// `learned_s` without a zombie among 20 features, then `zombies` for one sample: flagged?
bool zombies_are_flagged(double learned_s, double zombies) {
  Bed bed(bed_settings(20, 60.0));
  Rng rng(5);
  auto noise = [&] {
    for (std::size_t i = 1; i < bed.feature_count; ++i) bed.value(i) = 3.0 * rng.normal();
  };
  for (double t = 0; t < learned_s; t += 1.0) {
    noise();
    bed.model.update(bed.observation);
  }
  noise();
  bed.value(0) = zombies;
  return bed.step().verdict.strange;
}

void the_first_zombie_is_mild(void**) {
  for (const double learned_s : {60.0, 900.0, 3600.0, kDay}) assert_false(zombies_are_flagged(learned_s, 1.0));
}

void two_hundred_zombies_are_not(void**) {
  for (const double learned_s : {60.0, 900.0, 3600.0, kDay}) assert_true(zombies_are_flagged(learned_s, 200.0));
}

struct Recovery {
  int accepted = 0;
  int raised_afterwards = 0;
  double largest_afterwards = 0.0;  // surprise in the hour of peace
  double surprise_on_return = 0.0;
};

// A level that jumps for good is accepted after an hour; then an hour of peace, then the same jump again.
Recovery after_a_level_shift() {
  Bed bed(bed_settings(5, 60.0), 3600.0);
  Rng rng(6);
  double largest = 0.0;
  auto run = [&](int rows, double level) {
    for (int row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < bed.feature_count; ++i) bed.value(i) = 2.0 * rng.normal();
      bed.value(0) += level;
      largest = std::max(largest, bed.step().score.surprise);
    }
  };
  run(7200, 0.0);
  // Not a row later than that it is accepted.
  for (int row = 0; row < 4000 && bed.accepted == 0; ++row) run(1, 500.0);
  Recovery recovery;
  recovery.accepted = bed.accepted;
  bed.raised = 0;
  largest = 0.0;
  run(3600, 500.0);
  recovery.raised_afterwards = bed.raised;
  recovery.largest_afterwards = largest;
  bed.value(0) = 1000.0;
  recovery.surprise_on_return = bed.step().score.surprise;
  return recovery;
}

void a_lasting_level_is_accepted_and_then_left_in_peace(void**) {
  const Recovery recovery = after_a_level_shift();
  assert_int_equal(recovery.accepted, 1);
  assert_int_equal(recovery.raised_afterwards, 0);
  // Two incidents in three hours are beyond the budget, so the second is not raised; but it is no ordinary row either.
  assert_true(recovery.surprise_on_return > recovery.largest_afterwards);
}

struct Nights {
  bool first_raised = false;
  int raised = 0;
  int raised_later = 0;  // of the nights from the sixth on
};

// A quiet day, then two weeks at one sample a minute; from 02:00 to 03:00 every night feature 0 does a backup of 20 sd.
Nights nightly_backups(epsilond::models::BaselineKind kind) {
  epsilond::models::HostDetectorSettings settings = bed_settings(3);
  settings.interval_s = 60.0;
  settings.baseline = kind;
  Bed bed(settings, 4.0 * 3600.0);
  bed.observation.local_time_s = 20000.0 * kDay;
  Rng rng(7);
  Nights nights;
  for (int minute = 1; minute <= 15 * 1440; ++minute) {
    const int of_day = minute % 1440;
    for (std::size_t i = 0; i < bed.feature_count; ++i) bed.value(i) = 2.0 * rng.normal();
    if (minute > 1440 && of_day >= 120 && of_day < 180) bed.value(0) += 40.0;
    const bool raised = bed.step().transition == Transition::kRaised;
    if (of_day < 120 || of_day > 200 || !raised) continue;
    ++nights.raised;
    if (minute < 2 * 1440) nights.first_raised = true;
    if (minute > 6 * 1440) ++nights.raised_later;
  }
  return nights;
}

void a_nightly_backup_becomes_usual_where_the_hour_is_known(void**) {
  using epsilond::models::BaselineKind;
  for (const BaselineKind kind : {BaselineKind::kHourOfDay, BaselineKind::kHourOfWeek}) {
    const Nights nights = nightly_backups(kind);
    assert_true(nights.first_raised);
    assert_int_equal(nights.raised_later, 0);
  }
}

void without_the_hour_a_nightly_backup_is_raised_and_then_kept_to_the_budget(void**) {
  // 0.5 a week and an allowance of 0.93 come to 2.0 in two weeks; the Poisson 99 % bound of that is 6, of 14 nights.
  const Nights nights = nightly_backups(epsilond::models::BaselineKind::kGlobal);
  assert_true(nights.first_raised);
  assert_true(nights.raised <= 6);
}

// The mean expected at 02:30 and at 14:30 after two weeks in which every sample was learned.
double expected_night_minus_day(epsilond::models::BaselineKind kind) {
  epsilond::models::HostDetectorSettings settings = bed_settings(1);
  settings.interval_s = 60.0;
  settings.baseline = kind;
  Bed bed(settings);
  bed.observation.local_time_s = 20000.0 * kDay;
  Rng rng(8);
  double night = 0.0;
  double day = 0.0;
  for (int minute = 0; minute < 14 * 1440; ++minute) {
    const int of_day = minute % 1440;
    bed.value(0) = 20.0 * rng.normal() + (of_day >= 120 && of_day < 180 ? 400.0 : 0.0);
    const double mean = bed.model.score(bed.observation).mean[0];
    if (of_day == 150) night = mean;
    if (of_day == 870) day = mean;
    bed.model.update(bed.observation);
    bed.observation.local_time_s += 60.0;
  }
  return night - day;
}

void the_hour_of_the_day_is_part_of_what_is_expected(void**) {
  using epsilond::models::BaselineKind;
  assert_near(expected_night_minus_day(BaselineKind::kGlobal), 0.0, 60.0, 0);
  assert_true(expected_night_minus_day(BaselineKind::kHourOfDay) > 200.0);
  assert_true(expected_night_minus_day(BaselineKind::kHourOfWeek) > 200.0);
}

// All twenty features two sd off, none of them far: only their sum is strange, and no level moves.
void a_sum_that_was_accepted_is_not_raised_again(void**) {
  epsilond::models::HostDetectorSettings settings = bed_settings(20);
  settings.interval_s = 60.0;
  Bed bed(settings);
  Rng rng(3);
  const auto run = [&](int rows, double shift) {
    for (int row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < bed.feature_count; ++i) bed.value(i) = 3.0 * (rng.normal() + shift);
      bed.step();
    }
  };
  run(2 * 1440, 0.0);
  const int before = bed.raised;
  run(10 * 60, 2.2);
  const int raised = bed.raised - before;
  const int accepted = bed.accepted;
  assert_int_equal(raised, 1);
  assert_int_equal(accepted, 1);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(gaussian_noise_keeps_within_the_allowance),
    cmocka_unit_test(heavy_tailed_noise_keeps_near_the_allowance),
    cmocka_unit_test(a_step_of_twenty_resolutions_is_flagged_at_once_after_a_minute),
    cmocka_unit_test(a_step_of_twenty_resolutions_is_flagged_at_once_after_a_day),
    cmocka_unit_test(the_first_zombie_is_mild),
    cmocka_unit_test(two_hundred_zombies_are_not),
    cmocka_unit_test(a_lasting_level_is_accepted_and_then_left_in_peace),
    cmocka_unit_test(a_nightly_backup_becomes_usual_where_the_hour_is_known),
    cmocka_unit_test(without_the_hour_a_nightly_backup_is_raised_and_then_kept_to_the_budget),
    cmocka_unit_test(the_hour_of_the_day_is_part_of_what_is_expected),
    cmocka_unit_test(a_sum_that_was_accepted_is_not_raised_again),
};
EPSILOND_TEST_MAIN(kTests)
