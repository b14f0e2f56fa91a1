// What must hold whatever the numbers are.

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/models/detector_bed.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::HostDetectorSettings;
using epsilond::models::Score;
using epsilond::tests::Bed;
using epsilond::tests::bed_settings;
using epsilond::tests::Rng;

namespace {

constexpr std::size_t kFeatures = 5;

// How the same stream of numbers is presented to a model.
struct View {
  std::array<std::size_t, kFeatures> order{0, 1, 2, 3, 4};  // feature i of the stream becomes feature order[i]
  std::array<double, kFeatures> scale{1, 1, 1, 1, 1};
  std::array<double, kFeatures> shift{};
};

void show(Bed& bed, const View& view, const std::array<double, kFeatures>& values) {
  for (std::size_t i = 0; i < kFeatures; ++i) bed.value(view.order[i]) = view.shift[i] + view.scale[i] * values[i];
}

// Learns 500 rows of correlated heavy-tailed noise around 0 and scores one odd row more.
Score score_through(const View& view, std::uint64_t seed) {
  HostDetectorSettings settings = bed_settings(kFeatures, 60.0);
  for (std::size_t i = 0; i < kFeatures; ++i) settings.resolution[view.order[i]] = 0.01 * view.scale[i];
  Bed bed(settings);
  Rng rng(seed);
  std::array<double, kFeatures> values{};
  for (int row = 0; row < 500; ++row) {
    const double shared = rng.normal();
    for (double& value : values) value = shared + std::exp(rng.normal()) - 1.65;
    show(bed, view, values);
    bed.observation.local_time_s += 1.0;
    bed.model.update(bed.observation);
  }
  for (double& value : values) value = rng.uniform(-30.0, 60.0);
  show(bed, view, values);
  return bed.model.score(bed.observation);
}

void the_order_of_features_does_not_matter(void**) {
  Rng rng(epsilond::tests::test_seed());
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t seed = rng.next();
    View shuffled;
    for (std::size_t i = kFeatures; i > 1; --i) std::swap(shuffled.order[i - 1], shuffled.order[rng.below(i)]);
    const Score plain = score_through(View{}, seed);
    const Score mixed = score_through(shuffled, seed);
    assert_near(mixed.log_density, plain.log_density, 1e-9, 1e-12);
    // Sums of ten terms below 32 in another order differ by 1e-13; conditional ones, of a matrix with a condition of at
    // most 6, by ten times that; neither a spread of at least 0.01 nor a tail's scale makes that more than 1e-9.
    assert_near(mixed.surprise, plain.surprise, 1e-9, 0);
    for (std::size_t i = 0; i < kFeatures; ++i)
      assert_near(mixed.share[static_cast<Eigen::Index>(shuffled.order[i])], plain.share[static_cast<Eigen::Index>(i)],
                  1e-9, 0);
  }
}

void scaling_a_feature_and_its_resolution_changes_neither_z_nor_surprise(void**) {
  Rng rng(epsilond::tests::test_seed());
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t seed = rng.next();
    View scaled;
    for (double& scale : scaled.scale) scale = std::exp2(std::floor(rng.uniform(-30.0, 40.0)));  // exact in binary
    const Score plain = score_through(View{}, seed);
    const Score other = score_through(scaled, seed);
    for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(kFeatures); ++i)
      assert_near(other.z[i], plain.z[i], 1e-5, 1e-6);  // the seasons are kept in single precision
    assert_near(other.surprise, plain.surprise, 1e-5, 1e-6);
  }
}

// Up to where 2 % of the level becomes larger than the sd, which is here about 2; and far from 0, towards which a fall
// counts by its logarithm: of 3.5 sd, what an average takes from 30, 20 or 25 sd from 0 make 3.85 or 3.78.
void shifting_a_feature_changes_neither_z_nor_surprise(void**) {
  Rng rng(epsilond::tests::test_seed());
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t seed = rng.next();
    View far;
    far.shift.fill(40.0);
    View shifted;
    for (double& shift : shifted.shift) shift = rng.uniform(40.0, 50.0);
    const Score plain = score_through(far, seed);
    const Score other = score_through(shifted, seed);
    for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(kFeatures); ++i)
      assert_near(other.z[i], plain.z[i], 1e-5, 1e-6);
    // The shift rounds, and a z at the edge of a bin may be counted next door: one of 100 exceedances by a sixth of an
    // octave.
    assert_near(other.surprise, plain.surprise, 0.1, 0);
  }
}

// The log density at the mean minus that of a random row.
double drop_from_the_mean(std::uint64_t seed) {
  Bed bed(bed_settings(kFeatures, 60.0));
  Rng rng(seed);
  auto randomise = [&] {
    for (std::size_t i = 0; i < kFeatures; ++i) bed.value(i) = std::exp(3.0 * rng.normal());
  };
  for (int row = 0; row < 100; ++row) {
    randomise();
    bed.model.update(bed.observation);
  }
  randomise();
  const Score score = bed.model.score(bed.observation);
  bed.observation.values = score.mean;
  return bed.model.score(bed.observation).log_density - score.log_density;
}

void the_log_density_is_largest_at_the_mean(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (std::uint64_t round = 0; round < 100; ++round) assert_true(drop_from_the_mean(seed + round) >= 0.0);
}

// Random values, gaps and absences: is every number finite and in its range, for good?
bool stays_sane(std::uint64_t seed) {
  Bed bed(bed_settings(kFeatures, 60.0), 600.0);
  Rng rng(seed);
  for (int row = 0; row < 5000; ++row) {
    for (std::size_t i = 0; i < kFeatures; ++i) {
      bed.value(i) = rng.normal() * std::exp2(rng.uniform(-20.0, 60.0) * (rng.below(50) == 0 ? 1.0 : 0.1));
      bed.observation.present.set(i, rng.below(20) != 0);
    }
    bed.observation.elapsed_s = rng.below(200) == 0 ? 1e5 * rng.uniform() : rng.uniform(0.5, 2.0);
    const Score score = bed.step().score;
    if (!std::isfinite(score.log_density) || !std::isfinite(score.surprise) || score.surprise < 0.0) return false;
    if (!(score.sd.minCoeff() > 0.0) || !score.z.allFinite() || !score.mean.allFinite()) return false;
    const double shares = score.share.sum();
    if (score.share.minCoeff() < 0.0 || (shares != 0.0 && std::fabs(shares - 1.0) > 1e-9)) return false;
  }
  return true;
}

void nothing_makes_a_number_leave_its_range(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (std::uint64_t round = 0; round < 5; ++round) assert_true(stays_sane(seed + round));
}

// A second feature appears with a value that is infinitely many of its sd away; then 300 usual rows of both.
Score score_after_a_huge_newcomer() {
  HostDetectorSettings settings = bed_settings(2, 30.0);
  settings.resolution.fill(0.01);
  Bed bed(settings);
  bed.observation.present.reset(1);
  Rng rng(3);
  for (int i = 0; i < 400; ++i) {
    if (i == 100) bed.observation.present.set(1);
    bed.value(0) = rng.normal();
    bed.value(1) = i == 100 ? epsilond::models::kLargestReading : rng.normal();
    bed.step();
  }
  bed.value(0) = 100.0;
  return bed.model.score(bed.observation);
}

void a_newcomer_infinitely_far_off_does_not_silence_the_others(void**) {
  const Score score = score_after_a_huge_newcomer();
  assert_true(std::isfinite(score.surprise));
  assert_true(score.surprise > 3.0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_order_of_features_does_not_matter),
    cmocka_unit_test(scaling_a_feature_and_its_resolution_changes_neither_z_nor_surprise),
    cmocka_unit_test(shifting_a_feature_changes_neither_z_nor_surprise),
    cmocka_unit_test(the_log_density_is_largest_at_the_mean),
    cmocka_unit_test(nothing_makes_a_number_leave_its_range),
    cmocka_unit_test(a_newcomer_infinitely_far_off_does_not_silence_the_others),
};
EPSILOND_TEST_MAIN(kTests)
