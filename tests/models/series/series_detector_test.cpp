#include "models/series/series_detector.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "models/series/series_surprise.h"
#include "tests/support/alloc_guard.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Observation;
using epsilond::models::Score;
using epsilond::models::ScoreStatus;
using epsilond::models::series_surprise;
using epsilond::models::SeriesDetector;
using epsilond::models::SeriesDetectorSettings;
using epsilond::models::SeriesEnsemble;
using epsilond::tests::allocation_count;
using epsilond::tests::allocations_are_counted;
using epsilond::tests::Rng;

namespace {

SeriesDetectorSettings settings(double interval_s, double step_s) {
  SeriesDetectorSettings made;
  made.bank.feature_count = 1;
  made.bank.resolution.fill(0.01);
  made.bank.interval_s = interval_s;
  made.bank.warm_up_s = 60.0;
  made.step_s = step_s;
  return made;
}

// A noisy series, learned row by row.
struct Bed {
  explicit Bed(double interval_s = 10.0, double step_s = 60.0, std::uint64_t seed = 1)
      : model(settings(interval_s, step_s)), rng(seed) {
    observation.values = epsilond::models::FeatureVector::Zero(1);
    observation.present.set(0);
    observation.elapsed_s = interval_s;
    observation.local_time_s = 1.7e9;
  }
  void draw() {
    observation.values[0] = 50.0 + rng.normal();
    observation.local_time_s += observation.elapsed_s;
  }
  Score step(bool learned = true) {
    const Score score = model.score(observation);
    model.advance(observation);
    if (learned)
      model.update(observation);
    else
      model.observe_unlearned(observation);
    return score;
  }
  Score run(int rows) {
    Score score;
    for (int row = 0; row < rows; ++row) {
      draw();
      score = step();
    }
    return score;
  }
  SeriesDetector model;
  Rng rng;
  Observation observation;
};

std::vector<std::byte> saved(const Bed& bed) {
  std::vector<std::byte> bytes(bed.model.state_bytes());
  bed.model.save(bytes);
  return bytes;
}

bool same(const Score& a, const Score& b) {
  return a.status == b.status && a.log_density == b.log_density && a.surprise == b.surprise;
}

int first_scored_row() {
  Bed bed;
  for (int row = 0; row < 2000; ++row)
    if (bed.run(1).status == ScoreStatus::kScored) return row;
  return -1;
}

void it_abstains_for_the_first_hundred_means(void**) { assert_int_equal(first_scored_row(), 600); }

// At a step of one interval every row is a mean of its own: the ensemble itself.
double worst_difference_from_the_ensemble(double jitter_s) {
  Bed bed(60.0, 60.0);
  SeriesEnsemble ensemble(60.0);
  double worst = 0.0;
  for (int row = 0; row < 500; ++row) {
    bed.observation.elapsed_s = 60.0 + (row % 2 == 0 ? jitter_s : -jitter_s);
    bed.draw();
    const double expected = ensemble.push(bed.observation.local_time_s, bed.observation.values[0]);
    worst = std::fmax(worst, std::fabs(bed.step().log_density - expected));
  }
  return worst;
}

void rows_a_step_apart_are_scored_as_they_are(void**) {
  assert_near(worst_difference_from_the_ensemble(0.0), 0.0, 0, 0);
  assert_near(worst_difference_from_the_ensemble(20.0), 0.0, 0, 0);
}

double worst_difference_from_an_ensemble_of_means() {
  Bed bed;
  SeriesEnsemble ensemble(60.0);
  double worst = 0.0;
  double sum = 0.0;
  double standing = 0.0;
  for (int row = 0; row < 3000; ++row) {
    bed.draw();
    sum += bed.observation.values[0];
    if (row % 6 == 5) {
      standing = ensemble.push(bed.observation.local_time_s, sum / 6.0);
      sum = 0.0;
    }
    worst = std::fmax(worst, std::fabs(bed.step().log_density - standing));
  }
  return worst;
}

void shorter_rows_are_averaged_and_between_means_the_last_score_stands(void**) {
  assert_near(worst_difference_from_an_ensemble_of_means(), 0.0, 0, 0);
}

// Rows that flag in the hours in which a difference of means has a value for the first time, at 20 h and 28 h.
int flagged_rows_while_windows_fill() {
  Bed bed(60.0, 60.0);
  int flagged = 0;
  for (int row = 0; row < 2880; ++row) {
    const bool filling = (row >= 1200 && row < 1320) || (row >= 1680 && row < 1800);
    if (bed.run(1).surprise >= 4.0 && filling) ++flagged;
  }
  return flagged;
}

void windows_that_fill_for_the_first_time_raise_no_flag(void**) {
  assert_int_equal(flagged_rows_while_windows_fill(), 0);
}

struct Shift {
  Score before, after;
};

Shift shifted() {
  Shift shift;
  Bed bed;
  shift.before = bed.run(12000);
  for (int row = 0; row < 90; ++row) {
    bed.draw();
    bed.observation.values[0] += 40.0;
    if (const Score score = bed.step(false); score.surprise > shift.after.surprise) shift.after = score;
  }
  return shift;
}

// What the detector adds to the line that holds for every series, at the end of a series with such spikes.
double added_to_the_line(double spike) {
  Bed bed(60.0, 60.0);
  Score last;
  for (int row = 0; row < 8000; ++row) {
    bed.draw();
    if (row > 2000 && row % 200 == 0) bed.observation.values[0] += spike * (row - 2000);  // each beyond the one before
    if (const Score score = bed.step(); score.log_density > 0.1) last = score;
  }
  return last.surprise - series_surprise(last.log_density);
}

// The rate lies between a half (as quiet as can be believed) and that of 30 spikes where 10 alerts were to be expected.
void a_series_of_many_alerts_is_believed_less(void**) {
  const double quiet = added_to_the_line(0.0);
  const double noisy = added_to_the_line(1.0);
  assert_true(quiet <= std::log10(3.0 / 0.5) + 1e-12);
  assert_true(quiet > std::log10(3.0));
  assert_true(noisy < std::log10(3.0));
}

void a_gross_shift_is_flagged(void**) {
  const Shift shift = shifted();
  assert_true(shift.before.status == ScoreStatus::kScored);
  assert_true(shift.before.surprise < 3.0);
  assert_true(shift.after.surprise > -std::log10(0.5 * 10.0 / (3.0 * 604800.0)));  // half an alarm a week
  assert_near(shift.after.share[0], 1.0, 0, 0);
}

bool unlearned_rows_teach_nothing() {
  Bed one;
  Bed other;
  one.run(3000);
  other.run(3000);
  // One row of six is not learned: neither is the mean that it is in, so the tables stand still.
  for (int row = 0; row < 600; ++row) {
    one.draw();
    one.step(row % 6 != 2);
    other.draw();
    other.step(false);
    if (one.model.score(one.observation).log_density != other.model.score(other.observation).log_density) return false;
  }
  return true;
}

void a_mean_with_a_row_that_was_not_learned_is_not_learned(void**) { assert_true(unlearned_rows_teach_nothing()); }

bool absent_rows_only_delay() {
  Bed bed;
  bed.run(1000);
  bed.observation.present.reset();
  for (int row = 0; row < 20; ++row)
    if (bed.step().status == ScoreStatus::kScored) return false;
  bed.observation.present.set(0);
  return bed.run(1).status == ScoreStatus::kScored;
}

void rows_without_a_value_are_not_judged(void**) { assert_true(absent_rows_only_delay()); }

bool strange_rows_leave_finite_scores() {
  Bed bed;
  bed.run(1000);
  const double odd[] = {NAN, INFINITY, 1.7e308, -1.7e308, 0.0};
  for (int row = 0; row < 2000; ++row) {
    bed.draw();
    if (row % 3 == 0) bed.observation.values[0] = odd[bed.rng.below(5)];
    bed.observation.elapsed_s = row % 7 == 0 ? NAN : row % 11 == 0 ? 1e9 : row % 13 == 0 ? -5.0 : 10.0;
    if (row % 17 == 0) bed.observation.local_time_s = 1.6e9;
    const Score score = bed.step();
    if (!std::isfinite(score.log_density) || !std::isfinite(score.surprise)) return false;
    bed.observation.elapsed_s = 10.0;
  }
  return true;
}

void broken_values_gaps_and_backward_times_leave_finite_scores(void**) {
  assert_true(strange_rows_leave_finite_scores());
}

struct Accepted {
  ScoreStatus at_once;
  Score later;
};

Accepted accepted_level() {
  Bed bed;
  bed.run(1000);
  for (int row = 0; row < 100; ++row) {
    bed.draw();
    bed.observation.values[0] += 1000.0;
    bed.step(false);
  }
  bed.model.accept_level();
  Accepted accepted{bed.model.score(bed.observation).status, {}};
  for (int row = 0; row < 1000; ++row) {
    bed.draw();
    bed.observation.values[0] += 1000.0;
    accepted.later = bed.step();
  }
  return accepted;
}

void an_accepted_level_is_learned_anew(void**) {
  const Accepted accepted = accepted_level();
  assert_true(accepted.at_once == ScoreStatus::kLearning);
  assert_true(accepted.later.status == ScoreStatus::kScored);
  assert_true(accepted.later.surprise < 3.0);
}

bool round_trip_is_identical(std::uint64_t seed) {
  Bed original(10.0, 60.0, seed);
  original.run(1200);  // whole means: one that is being made is not saved
  Bed copy(10.0, 60.0, seed + 1);
  copy.run(100);
  if (!copy.model.load(saved(original))) return false;
  for (int row = 0; row < 600; ++row) {
    original.draw();
    copy.observation = original.observation;
    if (!same(original.step(), copy.step())) return false;
  }
  return saved(original) == saved(copy);
}

void a_round_trip_gives_identical_scores_from_then_on(void**) {
  assert_true(round_trip_is_identical(epsilond::tests::test_seed()));
}

constexpr std::size_t kHeaderBytes = 40;

template <typename T>
bool refused(std::size_t from_end_of_base, T value) {
  Bed writer;
  writer.run(1200);
  std::vector<std::byte> bytes = saved(writer);
  const std::size_t own = bytes.size() - kHeaderBytes - SeriesEnsemble(60.0).state_bytes();
  std::memcpy(bytes.data() + own + from_end_of_base, &value, sizeof value);
  Bed reader;
  reader.run(60);
  const std::vector<std::byte> before = saved(reader);
  return !reader.model.load(bytes) && saved(reader) == before;
}

// The newest of the windows' values.
std::size_t last_value() { return kHeaderBytes + SeriesEnsemble(60.0).state_bytes() - sizeof(double); }

bool other_step_is_refused() {
  Bed minutes;
  Bed quarters(10.0, 900.0);
  return !minutes.model.load(saved(quarters)) && !quarters.model.load(saved(minutes));
}

void damaged_or_foreign_states_are_refused_whole(void**) {
  assert_true(refused(0, -1.0));
  assert_true(refused(0, std::numeric_limits<double>::quiet_NaN()));
  assert_true(refused(16, std::uint64_t{2}));
  assert_true(refused(kHeaderBytes, 300.0));
  assert_true(refused(kHeaderBytes + 24, std::numeric_limits<double>::quiet_NaN()));
  assert_true(refused(kHeaderBytes + 8, 1e100));  // the first value
  assert_true(refused(last_value(), 1e45));
  assert_true(other_step_is_refused());
}

std::size_t allocations_of_ten_thousand_steps() {
  Bed bed;
  const std::size_t before = allocation_count();
  for (int row = 0; row < 10000; ++row) {
    bed.draw();
    bed.step(row % 1000 < 900);
    if (row == 5000) bed.model.accept_level();
  }
  return allocation_count() - before;
}

void ten_thousand_steps_allocate_nothing(void**) {
  if (!allocations_are_counted()) skip();
  assert_int_equal(allocations_of_ten_thousand_steps(), 0);
}

std::size_t bytes_held() { return Bed().model.memory_bytes(); }

void it_holds_less_than_sixty_kilobytes(void**) { assert_true(bytes_held() > 40000 && bytes_held() < 60000); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(it_abstains_for_the_first_hundred_means),
    cmocka_unit_test(rows_a_step_apart_are_scored_as_they_are),
    cmocka_unit_test(shorter_rows_are_averaged_and_between_means_the_last_score_stands),
    cmocka_unit_test(windows_that_fill_for_the_first_time_raise_no_flag),
    cmocka_unit_test(a_series_of_many_alerts_is_believed_less),
    cmocka_unit_test(a_gross_shift_is_flagged),
    cmocka_unit_test(a_mean_with_a_row_that_was_not_learned_is_not_learned),
    cmocka_unit_test(rows_without_a_value_are_not_judged),
    cmocka_unit_test(broken_values_gaps_and_backward_times_leave_finite_scores),
    cmocka_unit_test(an_accepted_level_is_learned_anew),
    cmocka_unit_test(a_round_trip_gives_identical_scores_from_then_on),
    cmocka_unit_test(damaged_or_foreign_states_are_refused_whole),
    cmocka_unit_test(ten_thousand_steps_allocate_nothing),
    cmocka_unit_test(it_holds_less_than_sixty_kilobytes),
};
EPSILOND_TEST_MAIN(kTests)
