#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <vector>

#include "models/host_detector.h"
#include "tests/models/detector_bed.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::models::BaselineKind;
using epsilond::models::HostDetector;
using epsilond::models::HostDetectorSettings;
using epsilond::models::Score;
using epsilond::tests::Bed;
using epsilond::tests::bed_settings;
using epsilond::tests::Rng;

namespace {

constexpr std::size_t kFeatures = 4;

HostDetectorSettings settings(BaselineKind kind = BaselineKind::kHourOfWeek, std::size_t features = kFeatures) {
  HostDetectorSettings made = bed_settings(features, 60.0);
  made.baseline = kind;
  return made;
}

void randomise(Bed& bed, Rng& rng) {
  for (std::size_t i = 0; i < bed.feature_count; ++i) bed.value(i) = std::exp(rng.normal()) * 10.0;
}

void learn(Bed& bed, int rows, std::uint64_t seed) {
  Rng rng(seed);
  for (int row = 0; row < rows; ++row) {
    randomise(bed, rng);
    bed.observation.local_time_s += 1.0;
    bed.model.update(bed.observation);
  }
}

std::vector<std::byte> saved(const Bed& bed) {
  std::vector<std::byte> bytes(bed.model.state_bytes());
  bed.model.save(bytes);
  return bytes;
}

bool same(const Score& a, const Score& b) {
  return a.status == b.status && a.log_density == b.log_density && a.surprise == b.surprise &&
         a.habituation == b.habituation && a.sample_count == b.sample_count && a.mean == b.mean && a.sd == b.sd &&
         a.z == b.z && a.share == b.share;
}

// Who moves on before it is known whether a row is learned, as the agent does, and who leaves that to the learning.
void a_row_moved_on_to_first_is_counted_once(void**) {
  struct Local {
    static std::vector<std::byte> learned(bool moves_on_first) {
      Bed bed(settings());
      Rng rng(5);
      for (int row = 0; row < 500; ++row) {
        randomise(bed, rng);
        bed.observation.local_time_s += 1.0;
        if (moves_on_first) bed.model.advance(bed.observation);
        if (row % 7 == 0) {
          bed.model.observe_unlearned(bed.observation);
        } else {
          bed.model.update(bed.observation);
        }
      }
      return saved(bed);
    }
  };
  const bool is_same = Local::learned(true) == Local::learned(false);
  assert_true(is_same);
}

// Saves, loads into a fresh model, then goes on learning and scoring with both.
bool round_trip_is_identical(BaselineKind kind, std::uint64_t seed) {
  Bed original(settings(kind));
  // Between two refreshes of the correlations, within an average, and with rows that were not learned.
  learn(original, 2037, seed);
  for (int row = 0; row < 5; ++row) original.model.observe_unlearned(original.observation);
  Bed copy(settings(kind));
  if (!copy.model.load(saved(original)) || copy.model.learned_s() != original.model.learned_s()) return false;
  copy.observation = original.observation;
  Rng rng(seed + 1);
  for (int row = 0; row < 300; ++row) {
    randomise(original, rng);
    copy.observation = original.observation;
    if (!same(original.model.score(original.observation), copy.model.score(copy.observation))) return false;
    original.model.update(original.observation);
    copy.model.update(copy.observation);
  }
  return saved(original) == saved(copy);
}

// Is a state, after `damage`, refused without a trace?
template <typename Damage>
bool refused(Damage damage, const HostDetectorSettings& reader = settings()) {
  Bed writer(settings());
  learn(writer, 500, 3);
  std::vector<std::byte> bytes = saved(writer);
  damage(bytes);
  Bed bed(reader);
  learn(bed, 100, 4);
  const std::vector<std::byte> before = saved(bed);
  return !bed.model.load(bytes) && saved(bed) == before;
}

template <typename T>
void overwrite(std::vector<std::byte>& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

constexpr auto kUndamaged = [](std::vector<std::byte>&) {};
constexpr std::size_t kHeader = 32;
constexpr std::size_t kFeatureBytes = 64;
constexpr std::size_t kSeason = kHeader + kFeatures * kFeatureBytes;
constexpr std::size_t kTails = kSeason + kFeatures * (3 * 48 + 2 * 168) * 4;

void a_round_trip_gives_identical_scores_from_then_on(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const BaselineKind kind : {BaselineKind::kGlobal, BaselineKind::kHourOfDay, BaselineKind::kHourOfWeek})
    assert_true(round_trip_is_identical(kind, seed));
}

void an_undamaged_state_is_accepted(void**) { assert_false(refused(kUndamaged)); }

void a_state_of_another_length_is_refused(void**) {
  assert_true(refused([](std::vector<std::byte>& bytes) { bytes.pop_back(); }));
  assert_true(refused([](std::vector<std::byte>& bytes) { bytes.push_back({}); }));
  assert_true(refused([](std::vector<std::byte>& bytes) { bytes.clear(); }));
}

void a_state_of_another_shape_is_refused(void**) {
  assert_true(refused(kUndamaged, settings(BaselineKind::kHourOfWeek, kFeatures + 1)));
  assert_true(refused(kUndamaged, settings(BaselineKind::kHourOfDay)));
}

void every_field_of_the_header_is_checked(void**) {
  for (std::size_t field = 0; field < 4; ++field)
    assert_true(refused([=](std::vector<std::byte>& bytes) { bytes[4 * field] ^= std::byte{0x10}; }));
}

bool survives_being_saved_after(double absurd) {
  Bed original(settings());
  for (const int rows : {0, 5, 400}) {
    learn(original, rows, 7);
    original.value(1) = absurd;
    original.model.update(original.observation);
  }
  Bed copy(settings());
  return copy.model.load(saved(original));
}

void no_value_spoils_what_is_saved(void**) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double absurd : {epsilond::models::kLargestReading, -epsilond::models::kLargestReading, 1e31, -1e300,
                              1e308, infinity, std::numeric_limits<double>::quiet_NaN(), 5e-324})
    assert_true(survives_being_saved_after(absurd));
}

void a_wrong_time_learned_is_refused(void**) {
  for (const double bad : {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    assert_true(refused([=](std::vector<std::byte>& bytes) { overwrite(bytes, 24, bad); }));
}

void non_finite_moments_are_refused(void**) {
  for (std::size_t field = 0; field < 8; ++field)
    assert_true(refused([=](std::vector<std::byte>& bytes) {
      overwrite(bytes, kHeader + kFeatureBytes + 8 * field, std::numeric_limits<double>::quiet_NaN());
    }));
}

// Count, mean, variance, smallest step, last value, squared step, level of late, variance of changes.
void moments_beyond_any_reading_are_refused(void**) {
  const double beyond[] = {1e16, 1e100, 1e200, 1e100, -1e100, 1e200, 1e100, 1e200};
  for (std::size_t field = 0; field < std::size(beyond); ++field)
    assert_true(refused(
        [&](std::vector<std::byte>& bytes) { overwrite(bytes, kHeader + kFeatureBytes + 8 * field, beyond[field]); }));
}

void a_negative_variance_is_refused(void**) {
  assert_true(refused([](std::vector<std::byte>& bytes) { overwrite(bytes, kHeader + 16, -1.0); }));
}

void impossible_tail_counts_are_refused(void**) {
  for (const float bad : {-1.0f, 1e30f, std::numeric_limits<float>::quiet_NaN()})
    assert_true(refused([=](std::vector<std::byte>& bytes) { overwrite(bytes, kTails + 4 * 17, bad); }));
}

void impossible_seasons_are_refused(void**) {
  const float infinity = std::numeric_limits<float>::infinity();
  assert_true(refused([=](std::vector<std::byte>& bytes) { overwrite(bytes, kTails - 4, infinity); }));
  assert_true(refused([](std::vector<std::byte>& bytes) { overwrite(bytes, kSeason + 4 * 48, -1.0f); }));
}

// The last number is the height of a peak that the joint channel keeps.
void impossible_channels_are_refused(void**) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  assert_true(refused([=](std::vector<std::byte>& bytes) { overwrite(bytes, bytes.size() - 8, nan); }));
  constexpr std::size_t kAverage = kTails + kFeatures * 96 * 4;  // the rows since the first average was learned
  assert_true(refused([=](std::vector<std::byte>& bytes) { overwrite(bytes, kAverage, nan); }));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_row_moved_on_to_first_is_counted_once),
    cmocka_unit_test(a_round_trip_gives_identical_scores_from_then_on),
    cmocka_unit_test(an_undamaged_state_is_accepted),
    cmocka_unit_test(a_state_of_another_length_is_refused),
    cmocka_unit_test(a_state_of_another_shape_is_refused),
    cmocka_unit_test(every_field_of_the_header_is_checked),
    cmocka_unit_test(no_value_spoils_what_is_saved),
    cmocka_unit_test(a_wrong_time_learned_is_refused),
    cmocka_unit_test(non_finite_moments_are_refused),
    cmocka_unit_test(moments_beyond_any_reading_are_refused),
    cmocka_unit_test(a_negative_variance_is_refused),
    cmocka_unit_test(impossible_tail_counts_are_refused),
    cmocka_unit_test(impossible_seasons_are_refused),
    cmocka_unit_test(impossible_channels_are_refused),
};
EPSILOND_TEST_MAIN(kTests)
