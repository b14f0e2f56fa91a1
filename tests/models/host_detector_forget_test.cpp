// One feature is to be learned anew, and the others are not.

#include <cstddef>
#include <vector>

#include "models/host_detector.h"
#include "tests/models/learned_bed.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Score;
using epsilond::tests::Bed;
using epsilond::tests::bed_of;
using epsilond::tests::free_learned;
using epsilond::tests::make_learned;
using epsilond::tests::Rng;

namespace {

constexpr std::size_t kForgotten = 1;

Score score_with(Bed& bed, std::size_t feature, double value) {
  const double usual = bed.value(feature);
  bed.value(feature) = value;
  Score score = bed.model.score(bed.observation);
  bed.value(feature) = usual;
  return score;
}

void a_forgotten_feature_says_nothing_at_first(void** state) {
  Bed& bed = bed_of(state);
  assert_true(score_with(bed, kForgotten, 1000.0).surprise > 5.0);
  assert_true(bed.model.forget_feature(kForgotten));
  const Score score = score_with(bed, kForgotten, 1000.0);
  assert_true(score.surprise < 1.5);
  assert_int_equal(score.features_used, 2);
  assert_near(score.share[kForgotten], 0.0, 0, 0);
}

void the_others_are_known_as_before(void** state) {
  Bed& bed = bed_of(state);
  const Score before = bed.model.score(bed.observation);
  assert_true(bed.model.forget_feature(kForgotten));
  const Score after = bed.model.score(bed.observation);
  for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
    assert_near(after.mean.data()[i], before.mean.data()[i], 0, 0);
    assert_near(after.sd.data()[i], before.sd.data()[i], 0, 0);
    assert_true(score_with(bed, i, 1000.0).surprise > 5.0);
  }
  assert_true(bed.model.ready());
}

void a_forgotten_feature_is_learned_at_its_new_level(void** state) {
  Bed& bed = bed_of(state);
  assert_true(bed.model.forget_feature(kForgotten));
  Rng rng(2);
  for (int row = 0; row < 300; ++row) {
    for (std::size_t i = 0; i < 3; ++i)
      bed.value(i) = (i == kForgotten ? 1000.0 : 10.0 * static_cast<double>(i + 1)) + 3.0 * rng.normal();
    bed.model.update(bed.observation);
  }
  for (std::size_t i = 0; i < 3; ++i) bed.value(i) = i == kForgotten ? 1000.0 : 10.0 * static_cast<double>(i + 1);
  const Score usual = bed.model.score(bed.observation);
  assert_near(usual.mean[kForgotten], 1000.0, 1.0, 0);
  assert_true(usual.surprise < 2.0);
  assert_true(score_with(bed, kForgotten, 20.0).surprise > 5.0);
}

void what_was_forgotten_stays_so_over_a_restart(void** state) {
  Bed& bed = bed_of(state);
  assert_true(bed.model.forget_feature(kForgotten));
  std::vector<std::byte> bytes(bed.model.state_bytes());
  bed.model.save(bytes);
  bed.model.reset();
  const bool restored = bed.model.load(bytes);
  const Score score = score_with(bed, kForgotten, 1000.0);
  const double surprise = score.surprise;
  bytes = {};
  assert_true(restored);
  assert_true(surprise < 1.5);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_forgotten_feature_says_nothing_at_first, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(the_others_are_known_as_before, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(a_forgotten_feature_is_learned_at_its_new_level, make_learned, free_learned),
    cmocka_unit_test_setup_teardown(what_was_forgotten_stays_so_over_a_restart, make_learned, free_learned),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
