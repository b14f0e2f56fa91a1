#include "models/density/mixture_detector.h"

#include <algorithm>
#include <cmath>

#include "tests/models/density/live_bed.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::MixtureDetector;
using epsilond::models::MixtureDetectorSettings;
using epsilond::models::Score;
using epsilond::models::ScoreStatus;
using epsilond::tests::bank_settings;
using epsilond::tests::Damage;

namespace {

using Bed = epsilond::tests::LiveBed<MixtureDetector, MixtureDetectorSettings>;

MixtureDetectorSettings settings(std::size_t features = 4) {
  MixtureDetectorSettings out;
  out.bank = bank_settings(features);
  return out;
}

struct Abstains {
  bool scored_early = false;
  double age_at_first_fit = 0.0;
  int ready_after = 0;
};

Abstains abstains() {
  Bed bed(settings());
  Abstains out;
  while (!bed.model.ready() && out.ready_after < 5000) {
    bed.normal_row();
    out.scored_early = out.scored_early || bed.score().status != ScoreStatus::kLearning;
    bed.learn();
    ++out.ready_after;
    if (bed.model.fits() == 0) out.age_at_first_fit = out.ready_after;
  }
  return out;
}

void nothing_is_judged_before_the_first_fit(void**) {
  const Abstains made = abstains();
  assert_false(made.scored_early);
  // The fit begins when warm-up is over (300 rows), and its passes over 300 rows take 512 rows a tick.
  assert_true(made.age_at_first_fit >= 300.0 && made.age_at_first_fit < 600.0);
  assert_true(made.ready_after <= static_cast<int>(made.age_at_first_fit) + 32);
}

// Idle or busy: busy features lie at 20, and move against each other.
void state_row(Bed& bed, bool busy) {
  bed.normal_row();
  if (!busy) return;
  const double common = bed.rng.normal();
  for (std::size_t i = 0; i < bed.feature_count; ++i)
    bed.set(i, 20.0 + (i % 2 == 0 ? common : -common) + 0.1 * bed.rng.normal());
}

struct Judged {
  std::size_t components;
  double normal;
  double gross;
  double gross_share;
  double broken;
  double between;
};

Judged judged() {
  Bed bed(settings());
  for (int row = 0; row < 4000; ++row) {
    state_row(bed, row % 300 > 200);
    bed.learn();
  }
  Judged out{bed.model.mixture().components(), 0.0, 0.0, 0.0, 0.0, 0.0};
  for (int row = 0; row < 200; ++row) {
    state_row(bed, row % 2 == 0);
    out.normal = std::fmax(out.normal, bed.score().surprise);
  }
  state_row(bed, false);
  bed.set(3, 60.0);
  out.gross = bed.score().surprise;
  out.gross_share = bed.score().share[3];
  for (std::size_t i = 0; i < 4; ++i) bed.set(i, i % 2 == 0 ? 1.5 : -1.5);  // as if busy, while idle
  out.broken = bed.score().surprise;
  for (std::size_t i = 0; i < 4; ++i) bed.set(i, 10.0);
  out.between = bed.score().surprise;
  return out;
}

void what_fits_neither_state_is_surprising(void**) {
  const Judged made = judged();
  assert_true(made.components >= 2);
  assert_true(made.gross > made.normal + 1.0);
  assert_true(made.gross_share > 0.5);
  assert_true(made.broken > made.normal + 0.5);
  assert_true(made.between > made.normal + 0.5);
}

struct Work {
  std::uint64_t most = 0;
  std::uint64_t fits = 0;
  std::size_t allowed = 0;
  std::size_t rows = 0;
  double every_s = 0.0;
  double expected = 0.0;
};

Work work(double interval_s, int ticks) {
  MixtureDetectorSettings made = settings(3);
  made.bank.interval_s = interval_s;
  Bed bed(made);
  Work out;
  for (int tick = 0; tick < ticks; ++tick) {
    const std::uint64_t before = bed.model.rows_read();
    bed.normal_row();
    bed.learn();
    out.most = std::max(out.most, bed.model.rows_read() - before);
  }
  out.fits = bed.model.fits();
  out.allowed = bed.model.rows_per_tick();
  out.rows = bed.model.ring_rows();
  out.every_s = bed.model.ring_every_s();
  return out;
}

void a_fit_never_reads_more_rows_per_tick_than_stated(void**) {
  const Work fast = work(1.0, 30000);
  assert_int_equal(fast.allowed, 512);
  assert_true(fast.most <= fast.allowed && fast.most > 0);
  // At 300 s, and each time the age has doubled: 600, 1200, 2400, 4800, 9600, 19200.
  assert_true(fast.fits >= 6 && fast.fits <= 8);
  const Work slow = work(60.0, 3000);
  assert_int_equal(slow.allowed, 512 * 16);
  assert_true(slow.most <= slow.allowed && slow.fits >= 3);
}

void the_ring_is_dense_while_young_and_settles_at_its_spacing(void**) {
  const Work young = work(1.0, 1000);
  assert_int_equal(young.rows, 1000);
  assert_near(young.every_s, 1.0, 0, 0);
  const Work older = work(1.0, 10000);
  assert_true(older.rows >= 719 && older.rows <= 1440);
  assert_near(older.every_s, 8.0, 0, 0);
  const Work old = work(60.0, 2000);
  assert_int_equal(old.rows, 1440);
  assert_near(old.every_s, 60.0, 0, 0);
}

struct Absent {
  bool judged;
  double surprise;
  double never_seen_change;
};

Absent absent() {
  Bed bed(settings(5));
  for (int row = 0; row < 2000; ++row) {
    bed.normal_row();
    bed.observation.present.reset(4);
    bed.observation.present.set(2, row % 5 != 0);
    bed.learn();
  }
  bed.observation.present.reset(2);
  Absent out{bed.score().status == ScoreStatus::kScored, bed.score().surprise, 0.0};
  bed.observation.present.set(4);
  bed.set(4, 1e9);
  out.never_seen_change = bed.score().surprise - out.surprise;
  return out;
}

void absent_features_and_those_never_seen_do_not_matter(void**) {
  const Absent made = absent();
  assert_true(made.judged);
  assert_true(made.surprise < 4.0);
  assert_near(made.never_seen_change, 0.0, 0, 0);
}

struct Levels {
  bool ready_after_accept;
  std::size_t rows_after_accept;
  bool ready_again;
};

Levels accepted_level() {
  Bed bed(settings());
  bed.learn_normal(1000);
  bed.model.observe_unlearned(bed.observation);
  bed.model.accept_level();
  Levels out{bed.model.ready(), bed.model.ring_rows(), false};
  bed.learn_normal(700);
  out.ready_again = bed.model.ready();
  return out;
}

void after_a_new_level_the_detector_abstains_until_it_is_fitted_anew(void**) {
  const Levels made = accepted_level();
  assert_false(made.ready_after_accept);
  assert_int_equal(made.rows_after_accept, 0);
  assert_true(made.ready_again);
}

// Until the next fit: the ring is not part of the state, and begins anew.
bool round_trip(int rows) {
  Bed original(settings(), epsilond::tests::test_seed());
  original.learn_normal(rows);
  Bed copy(settings());
  return epsilond::tests::round_trip_is_identical(original, copy, 100);
}

void a_round_trip_gives_identical_scores_until_the_next_fit(void**) {
  for (const int rows : {0, 10, 800, 3000}) assert_true(round_trip(rows));
}

struct Restarted {
  std::uint64_t fits_early;
  std::uint64_t fits_late;
  bool ready;
};

Restarted restarted() {
  Bed original(settings());
  original.learn_normal(3000);  // fits of 300, 600, 1200 and 2400 s
  Bed copy(settings());
  Restarted out{99, 0, copy.model.load(epsilond::tests::saved(original.model)) && copy.model.ready()};
  copy.learn_normal(2300);
  out.fits_early = copy.model.fits();
  copy.learn_normal(1500);
  out.fits_late = copy.model.fits();
  return out;
}

void after_a_restart_no_fit_replaces_one_of_a_longer_time(void**) {
  const Restarted made = restarted();
  assert_true(made.ready);
  assert_int_equal(made.fits_early, 0);
  assert_int_equal(made.fits_late, 1);
}

Damage damaged() {
  Bed writer(settings(2));
  writer.learn_normal(800);
  Bed reader(settings(2), 9);
  reader.learn_normal(900);
  const std::size_t own = 5 * 8 + 3 * (1 + 2 + 3) * 8;  // whatever the components in use
  return epsilond::tests::damage(writer, reader, own);
}

void impossible_state_is_refused_without_a_trace(void**) {
  const Damage made = damaged();
  assert_int_equal(made.traces, 0);
  assert_int_equal(made.not_finite, 0);
  assert_true(made.refused > 20);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(nothing_is_judged_before_the_first_fit),
    cmocka_unit_test(what_fits_neither_state_is_surprising),
    cmocka_unit_test(a_fit_never_reads_more_rows_per_tick_than_stated),
    cmocka_unit_test(the_ring_is_dense_while_young_and_settles_at_its_spacing),
    cmocka_unit_test(absent_features_and_those_never_seen_do_not_matter),
    cmocka_unit_test(after_a_new_level_the_detector_abstains_until_it_is_fitted_anew),
    cmocka_unit_test(a_round_trip_gives_identical_scores_until_the_next_fit),
    cmocka_unit_test(after_a_restart_no_fit_replaces_one_of_a_longer_time),
    cmocka_unit_test(impossible_state_is_refused_without_a_trace),
};
EPSILOND_TEST_MAIN(kTests)
