#include "models/outlier/zscore_detector.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "tests/support/alloc_guard.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Observation;
using epsilond::models::Score;
using epsilond::models::ScoreStatus;
using epsilond::models::ZscoreDetector;
using epsilond::models::ZscoreDetectorSettings;
using epsilond::tests::allocation_count;
using epsilond::tests::allocations_are_counted;
using epsilond::tests::Rng;

namespace {

constexpr std::size_t kFeatures = 3;

ZscoreDetectorSettings settings(bool robust) {
  ZscoreDetectorSettings made;
  made.bank.feature_count = kFeatures;
  made.bank.resolution.fill(0.01);
  made.bank.warm_up_s = 60.0;
  made.robust = robust;
  made.ring_rows = 200;
  return made;
}

// Independent normal values around 10, 20 and 30, one second apart.
struct Bed {
  explicit Bed(bool robust, std::uint64_t seed = 7) : model(settings(robust)), rng(seed) {
    observation.values = epsilond::models::FeatureVector::Zero(kFeatures);
    for (std::size_t i = 0; i < kFeatures; ++i) observation.present.set(i);
    observation.elapsed_s = 1.0;
  }
  void draw() {
    for (Eigen::Index i = 0; i < 3; ++i) observation.values[i] = 10.0 * static_cast<double>(i + 1) + rng.normal();
    observation.local_time_s += 1.0;
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
  void run(int rows) {
    for (int row = 0; row < rows; ++row) {
      draw();
      step();
    }
  }
  ZscoreDetector model;
  Rng rng;
  Observation observation;
};

std::vector<std::byte> saved(const Bed& bed) {
  std::vector<std::byte> bytes(bed.model.state_bytes());
  bed.model.save(bytes);
  return bytes;
}

bool same(const Score& a, const Score& b) {
  return a.status == b.status && a.log_density == b.log_density && a.surprise == b.surprise && a.share == b.share;
}

void it_abstains_until_it_is_fitted(void**) {
  for (const bool robust : {false, true}) {
    const int first_scored = [robust] {
      Bed bed(robust);
      for (int row = 0; row < 500; ++row) {
        bed.draw();
        if (bed.step().status == ScoreStatus::kScored) return row;
      }
      return -1;
    }();
    // 30 values to learn by, 30 scores for the tail: the warm-up of 60 s.
    assert_true(first_scored >= 60 && first_scored <= 64);
  }
}

Score score_of_a_gross_value(bool robust) {
  Bed bed(robust);
  bed.run(600);
  bed.observation.values[1] = 70.0;
  return bed.model.score(bed.observation);
}

void a_gross_value_is_flagged_and_blamed(void**) {
  for (const bool robust : {false, true}) {
    const Score score = score_of_a_gross_value(robust);
    assert_true(score.status == ScoreStatus::kScored);
    assert_true(score.log_density > 30.0);
    assert_true(score.surprise > 6.0);
    assert_true(score.share[1] > 0.99);
  }
}

double share_of_rows_above(bool robust, double surprise) {
  Bed bed(robust);
  bed.run(2000);
  int above = 0;
  for (int row = 0; row < 5000; ++row) {
    bed.draw();
    if (bed.step().surprise >= surprise) ++above;
  }
  return above / 5000.0;
}

void a_surprise_of_two_is_one_row_in_a_hundred(void**) {
  // Binomial sd of 5,000 rows at 0.01: 0.0014; the tail itself is known to about a third.
  for (const bool robust : {false, true}) assert_near(share_of_rows_above(robust, 2.0), 0.01, 0.008, 0);
}

void garbage_that_was_learned_hardly_moves_the_robust_score(void**) {
  const auto score = [](bool robust) {
    Bed bed(robust);
    for (int row = 0; row < 1500; ++row) {
      bed.draw();
      if (row % 5 == 0) bed.observation.values[0] = 13.0 + row % 7;
      bed.step();
    }
    bed.observation.values[0] = 20.0;
    return bed.model.score(bed.observation).log_density;
  };
  assert_true(score(true) > 6.0);
  assert_true(score(false) < 5.0);
}

void rows_that_are_not_learned_change_no_score(void**) {
  for (const bool robust : {false, true}) {
    const bool unchanged = [robust] {
      Bed bed(robust);
      bed.run(300);
      const Observation probe = bed.observation;
      const Score before = bed.model.score(probe);
      bed.observation.values[0] = 1e6;
      for (int row = 0; row < 100; ++row) bed.step(false);
      return same(before, bed.model.score(probe));
    }();
    assert_true(unchanged);
  }
}

void an_accepted_level_is_fitted_anew(void**) {
  for (const bool robust : {false, true}) {
    struct Scores {
      ScoreStatus at_once;
      Score later;
    };
    Bed* const bed = new Bed(robust);
    bed->run(300);
    bed->observation.values[0] = 1000.0;
    for (int row = 0; row < 100; ++row) bed->step(false);
    bed->model.accept_level();
    Scores scores{bed->model.score(bed->observation).status, {}};
    for (int row = 0; row < 300; ++row) {
      bed->draw();
      bed->observation.values[0] += 990.0;
      scores.later = bed->step();
    }
    delete bed;
    assert_true(scores.at_once == ScoreStatus::kLearning);
    assert_true(scores.later.status == ScoreStatus::kScored);
    assert_true(scores.later.surprise < 3.0);
  }
}

void absent_features_do_not_count_and_none_is_not_judged(void**) {
  for (const bool robust : {false, true}) {
    const auto status = [robust](bool one) {
      Bed bed(robust);
      bed.run(300);
      bed.observation.values[1] = 1e6;
      bed.observation.present.reset();
      bed.observation.present.set(0, one);
      const Score score = bed.model.score(bed.observation);
      return score.log_density > 10.0 ? ScoreStatus::kNonFinite : score.status;
    };
    assert_true(status(true) == ScoreStatus::kScored);
    assert_true(status(false) == ScoreStatus::kLearning);
  }
}

void the_largest_finite_values_leave_finite_numbers(void**) {
  for (const bool robust : {false, true}) {
    const Score score = [robust] {
      Bed bed(robust);
      bed.run(300);
      bed.observation.values[0] = 1.7e308;
      const Score first = bed.model.score(bed.observation);
      for (int row = 0; row < 3; ++row) bed.step();
      bed.run(3);
      Score last = bed.model.score(bed.observation);
      if (!std::isfinite(first.surprise) || !std::isfinite(first.share.sum())) last.surprise = NAN;
      return last;
    }();
    assert_true(std::isfinite(score.surprise));
    assert_true(std::isfinite(score.log_density));
  }
}

bool round_trip_is_identical(bool robust, std::uint64_t seed) {
  Bed original(robust, seed);
  original.run(777);
  Bed copy(robust, seed + 1);
  copy.run(50);
  if (!copy.model.load(saved(original))) return false;
  for (int row = 0; row < 500; ++row) {
    original.draw();
    copy.observation = original.observation;
    if (!same(original.step(), copy.step())) return false;
  }
  return saved(original) == saved(copy);
}

void a_round_trip_gives_identical_scores_from_then_on(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const bool robust : {false, true}) assert_true(round_trip_is_identical(robust, seed));
}

bool damaged_own_state_is_refused(bool robust) {
  Bed bed(robust);
  bed.run(300);
  std::vector<std::byte> bytes = saved(bed);
  const std::vector<std::byte> before = bytes;
  const std::size_t own = bytes.size() - kFeatures * 4 - (robust ? 56 + kFeatures * 32 + kFeatures * 200 * 4 : 0);
  const std::uint32_t too_many = 31;
  std::memcpy(bytes.data() + own, &too_many, sizeof too_many);
  return !bed.model.load(bytes) && saved(bed) == before;
}

void damaged_state_is_refused_whole(void**) {
  for (const bool robust : {false, true}) assert_true(damaged_own_state_is_refused(robust));
}

bool other_kind_is_refused() {
  Bed plain(false);
  Bed robust(true);
  return !plain.model.load(saved(robust)) && !robust.model.load(saved(plain));
}

void the_state_of_the_other_kind_is_refused(void**) { assert_true(other_kind_is_refused()); }

std::size_t allocations_of_ten_thousand_steps(bool robust) {
  Bed bed(robust);
  const std::size_t before = allocation_count();
  for (int row = 0; row < 10000; ++row) {
    bed.draw();
    bed.step(row % 1000 < 900);
    if (row % 5000 == 4999) bed.model.accept_level();
  }
  return allocation_count() - before;
}

void ten_thousand_steps_allocate_nothing(void**) {
  if (!allocations_are_counted()) skip();
  for (const bool robust : {false, true}) assert_int_equal(allocations_of_ten_thousand_steps(robust), 0);
}

std::size_t bytes_held(bool robust) { return Bed(robust).model.memory_bytes(); }

void the_ring_is_in_the_memory_budget(void**) {
  assert_true(bytes_held(false) > 0);
  assert_true(bytes_held(true) >= bytes_held(false) + kFeatures * 200 * 4);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(it_abstains_until_it_is_fitted),
    cmocka_unit_test(a_gross_value_is_flagged_and_blamed),
    cmocka_unit_test(a_surprise_of_two_is_one_row_in_a_hundred),
    cmocka_unit_test(garbage_that_was_learned_hardly_moves_the_robust_score),
    cmocka_unit_test(rows_that_are_not_learned_change_no_score),
    cmocka_unit_test(an_accepted_level_is_fitted_anew),
    cmocka_unit_test(absent_features_do_not_count_and_none_is_not_judged),
    cmocka_unit_test(the_largest_finite_values_leave_finite_numbers),
    cmocka_unit_test(a_round_trip_gives_identical_scores_from_then_on),
    cmocka_unit_test(damaged_state_is_refused_whole),
    cmocka_unit_test(the_state_of_the_other_kind_is_refused),
    cmocka_unit_test(ten_thousand_steps_allocate_nothing),
    cmocka_unit_test(the_ring_is_in_the_memory_budget),
};
EPSILOND_TEST_MAIN(kTests)
