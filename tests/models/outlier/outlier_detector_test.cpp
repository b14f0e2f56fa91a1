// The live forms of k-means and of the isolation forest: what both must do, on simulated machines.

#include "models/outlier/isolation_forest_detector.h"
#include "models/outlier/kmeans_detector.h"
#include "tests/models/outlier/outlier_bed.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::tests;
using epsilond::models::IsolationForestDetector;
using epsilond::models::IsolationForestSettings;
using epsilond::models::KMeansDetector;
using epsilond::models::KMeansSettings;
using epsilond::models::Score;
using epsilond::models::ScoreStatus;

namespace {

using KMeansBed = LiveBed<KMeansDetector>;
using ForestBed = LiveBed<IsolationForestDetector>;

// Rows until the first one is judged; -1 if none is.
template <typename Bed, typename Settings>
int rows_until_judged(const Settings& settings) {
  Bed bed(3, settings);
  Rng rng(1);
  for (int row = 0; row < 2000; ++row) {
    for (double& value : bed.values) value = rng.normal();
    if (bed.step().status == ScoreStatus::kScored) return row;
  }
  return -1;
}

void nothing_is_judged_before_the_first_fit(void**) {
  const int kmeans = rows_until_judged<KMeansBed>(KMeansSettings{});
  // 64 vectors behind a window of 9 rows, a fit of at least four scans, 30 scores for the tail.
  assert_in_range(kmeans, 64 + 8 + 4 + 30, 400);
  const int forest = rows_until_judged<ForestBed>(IsolationForestSettings{});
  assert_in_range(forest, 64 + 100 + 29, 64 + 100 + 35);  // a tree per row
}

struct Answer {
  Score usual;
  Score gross;
};

template <typename Bed, typename Settings>
Answer answer_to_a_gross_value(const Settings& settings) {
  Bed bed(4, settings);
  Rng rng(2);
  bed.noise(rng, 3000);
  Answer out;
  for (double& value : bed.values) value = 0.1;
  out.usual = bed.model.score(bed.row());
  bed.values[2] = 40.0;
  out.gross = bed.model.score(bed.row());
  return out;
}

struct Verdict {
  bool scored = false;
  double usual = 0.0;
  double gross = 0.0;
  double share = 0.0;
};

template <typename Bed, typename Settings>
Verdict verdict(const Settings& settings) {
  const Answer answer = answer_to_a_gross_value<Bed>(settings);
  return {answer.usual.status == ScoreStatus::kScored && answer.gross.status == ScoreStatus::kScored,
          answer.usual.surprise, answer.gross.surprise, answer.gross.share[2]};
}

void a_gross_value_stands_out_and_is_named(void**) {
  const Verdict kmeans = verdict<KMeansBed>(KMeansSettings{});
  assert_true(kmeans.scored);
  assert_true(kmeans.usual < 2.0);
  assert_true(kmeans.gross > 6.0);
  assert_true(kmeans.share > 0.9);
  const Verdict forest = verdict<ForestBed>(IsolationForestSettings{});
  assert_true(forest.scored);
  assert_true(forest.usual < 2.0);
  assert_true(forest.gross > forest.usual + 1.0);
  assert_true(forest.share > 0.6);
}

// Bytes of a large machine: rows are kept in single precision, which has no place for 1e9 and 1 at once.
void how_high_a_level_lies_does_not_matter(void**) {
  struct Local {
    static double score_of_a_step(double level) {
      KMeansSettings settings;
      settings.difference = 0;
      KMeansBed bed(3, settings);
      Rng rng(8);
      for (int row = 0; row < 3000; ++row) {
        for (double& value : bed.values) value = level + rng.normal();
        bed.step();
      }
      for (double& value : bed.values) value = level;
      bed.values[1] += 5.0;
      return bed.model.score(bed.row()).log_density;
    }
  };
  const double low = Local::score_of_a_step(0.0);
  assert_true(low > 0.0);
  assert_near(Local::score_of_a_step(1e9), low, 0, 1e-4);
}

// A feature that is always 0 until it is not, as a count of zombies.
void a_constant_feature_is_learned_and_its_first_step_seen(void**) {
  struct Local {
    static double surprise_of_a_step() {
      KMeansBed bed(3, KMeansSettings{}, 1.0, 0.1);
      Rng rng(3);
      for (int row = 0; row < 2000; ++row) {
        bed.values = {rng.normal(), 0.0, rng.normal()};
        bed.step();
      }
      bed.values = {0.0, 300.0, 0.0};
      const Score score = bed.model.score(bed.row());
      return score.share[1] > 0.9 ? score.surprise : -1.0;
    }
    static double surprise_when_all_is_constant() {
      KMeansBed bed(2, KMeansSettings{}, 1.0, 0.0);
      for (int row = 0; row < 2000; ++row) bed.step();
      bed.values = {5.0, 5.0};
      return bed.model.score(bed.row()).log_density;
    }
  };
  assert_true(Local::surprise_of_a_step() > 4.0);
  assert_near(Local::surprise_when_all_is_constant(), 0.0, 0, 0);  // without a resolution nothing tells how far that is
}

struct Consensus {
  std::uint64_t fitted;
  double one_model;
  double many_models;
};

// Noise that grows tenfold for the last quarter, so that the newest model takes it for usual and the older ones do not.
Consensus consensus() {
  KMeansSettings settings;
  settings.train_window_s = 600.0;
  settings.retrain_every_s = 1200.0;
  settings.ring_rows = 600;
  const auto native = [&](std::size_t models) {
    KMeansSettings own = settings;
    own.models = models;
    KMeansBed bed(2, own);
    Rng rng(4);
    bed.noise(rng, 6000);
    for (int row = 0; row < 3000; ++row) {
      for (double& value : bed.values) value = 10.0 * rng.normal();
      bed.step();
    }
    for (double& value : bed.values) value = 15.0;
    return std::pair(bed.model.models_fitted(), bed.model.score(bed.row()).log_density);
  };
  const auto one = native(1);
  const auto many = native(4);
  return {many.first, one.second, many.second};
}

// The newest model alone, or the mildest of four of which it is one: the older ones can only be stricter here.
void the_mildest_of_several_models_decides(void**) {
  const Consensus found = consensus();
  assert_true(found.fitted >= 5);
  assert_true(found.many_models <= found.one_model);
  assert_true(found.many_models > 0.0);
}

template <typename Bed, typename Settings>
bool state_round_trip(const Settings& settings) {
  Bed one(3, settings);
  Rng rng(5);
  one.noise(rng, 1500);
  std::vector<std::byte> state(one.model.state_bytes());
  one.model.save(state);
  Bed two(3, settings);
  if (!two.model.load(state)) return false;
  std::vector<std::byte> again(two.model.state_bytes());
  two.model.save(again);
  if (again != state) return false;
  // The window of one row back is not part of a state: both see the same rows before they are compared.
  for (int row = 0; row < 20; ++row) {
    for (double& value : one.values) value = rng.normal();
    two.values = one.values;
    one.step(false);
    two.step(false);
  }
  const Score a = one.model.score(one.row());
  const Score b = two.model.score(two.row());
  return a.status == ScoreStatus::kScored && a.log_density == b.log_density && a.surprise == b.surprise;
}

KMeansSettings small_kmeans() {
  KMeansSettings settings;
  settings.ring_rows = 128;
  settings.models = 2;
  settings.retrain_every_s = 400.0;
  return settings;
}

IsolationForestSettings small_forest() {
  IsolationForestSettings settings;
  settings.trees = 10;
  settings.subsample = 32;
  settings.ring_rows = 128;
  return settings;
}

void a_saved_state_is_restored_to_the_last_bit(void**) {
  assert_true(state_round_trip<KMeansBed>(small_kmeans()));
  assert_true(state_round_trip<ForestBed>(small_forest()));
}

template <typename Bed, typename Settings>
bool other_shapes_are_refused(const Settings& settings, const Settings& other) {
  Bed one(3, settings);
  Rng rng(6);
  one.noise(rng, 500);
  std::vector<std::byte> state(one.model.state_bytes());
  one.model.save(state);
  Bed two(3, other);
  const bool shape = two.model.load(state);
  Bed three(3, settings);
  const bool cut = three.model.load(std::span<const std::byte>(state).first(state.size() - 1));
  return !shape && !cut;
}

// What is refused leaves the model as it was; what is accepted must keep the scores finite.
template <typename Bed, typename Settings>
bool damage_is_harmless(const Settings& settings, std::uint64_t seed) {
  Bed bed(3, settings);
  Rng noise(7);
  bed.noise(noise, 500);
  const std::vector<std::byte> whole = [&] {
    std::vector<std::byte> state(bed.model.state_bytes());
    bed.model.save(state);
    return state;
  }();
  Rng rng(seed);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<std::byte> state = whole;
    const std::size_t at = rng.below(state.size() - 8);
    // A double or two floats that are not numbers, or any byte.
    for (std::size_t byte = 0; byte < 8 && i % 2 == 0; ++byte) state[at + byte] = std::byte{0xff};
    state[at] = static_cast<std::byte>(rng.below(256));
    Bed other(3, settings);
    if (!other.model.load(state)) {
      ++refused;
      if (other.model.learned_s() != 0.0) return false;
      continue;
    }
    other.noise(noise, 40);
    const Score score = other.model.score(other.row());
    if (std::isnan(score.surprise) || std::isnan(score.log_density)) return false;
  }
  return refused > 100;
}

void a_damaged_state_is_refused_or_harmless(void**) {
  const std::uint64_t seed = test_seed();
  KMeansSettings other_kmeans = small_kmeans();
  other_kmeans.lag = 4;
  IsolationForestSettings other_forest = small_forest();
  other_forest.trees = 11;
  assert_true(other_shapes_are_refused<KMeansBed>(small_kmeans(), other_kmeans));
  assert_true(other_shapes_are_refused<ForestBed>(small_forest(), other_forest));
  assert_true(damage_is_harmless<KMeansBed>(small_kmeans(), seed));
  assert_true(damage_is_harmless<ForestBed>(small_forest(), seed));
}

template <typename Bed, typename Settings>
bool abstains_after_a_new_level(const Settings& settings) {
  Bed bed(2, settings);
  Rng rng(8);
  bed.noise(rng, 1000);
  if (bed.model.learning_ratio() < 1.0) return false;
  for (int row = 0; row < 20; ++row) {
    for (double& value : bed.values) value = 100.0 + rng.normal();
    bed.step(false);
  }
  bed.model.accept_level();
  if (bed.step().status != ScoreStatus::kLearning) return false;
  for (int row = 0; row < 1000; ++row) {
    for (double& value : bed.values) value = 100.0 + rng.normal();
    bed.step();
  }
  const Score score = bed.model.score(bed.row());
  return score.status == ScoreStatus::kScored && score.surprise < 4.0;
}

void an_accepted_level_is_learned_anew(void**) {
  assert_true(abstains_after_a_new_level<KMeansBed>(small_kmeans()));
  assert_true(abstains_after_a_new_level<ForestBed>(small_forest()));
}

// Trees grown on one row at most, and over ten thousand rows as many as the schedule says.
struct Growth {
  std::uint64_t most_per_row = 0;
  std::uint64_t late = 0;
};

Growth growth() {
  IsolationForestSettings settings = small_forest();
  settings.retrain_every_s = 1000.0;
  ForestBed bed(2, settings);
  Rng rng(9);
  Growth out;
  bed.noise(rng, 5000);
  const std::uint64_t early = bed.model.trees_grown();
  for (int row = 0; row < 5000; ++row) {
    const std::uint64_t before = bed.model.trees_grown();
    bed.noise(rng, 1);
    out.most_per_row = std::max(out.most_per_row, bed.model.trees_grown() - before);
  }
  out.late = bed.model.trees_grown() - early;
  return out;
}

void trees_are_renewed_one_at_a_time_on_schedule(void**) {
  const Growth found = growth();
  assert_int_equal(found.most_per_row, 1);
  assert_int_equal(found.late, 50);  // ten trees each 1000 s
}

struct Absent {
  ScoreStatus nothing;
  ScoreStatus some;
  bool share_of_absent;
};

template <typename Bed, typename Settings>
Absent absent(const Settings& settings) {
  Bed bed(2, settings);
  Rng rng(10);
  bed.noise(rng, 1000);
  Absent out{};
  bed.values = {kAbsent, 50.0};
  const Score score = bed.model.score(bed.row());
  out.some = score.status;
  out.share_of_absent = score.share[0] > 0.0;
  bed.values = {kAbsent, kAbsent};
  out.nothing = bed.model.score(bed.row()).status;
  return out;
}

void absent_values_have_their_fate(void**) {
  for (const Absent& found : {absent<KMeansBed>(small_kmeans()), absent<ForestBed>(small_forest())}) {
    assert_int_equal(found.nothing, ScoreStatus::kLearning);
    assert_int_equal(found.some, ScoreStatus::kScored);
    assert_false(found.share_of_absent);
  }
}

double memory_of_netdata_kib(std::size_t features) {
  KMeansBed bed(features, epsilond::models::netdata_kmeans());
  return static_cast<double>(bed.model.memory_bytes()) / 1024.0;
}

void the_memory_of_the_preset_is_what_the_header_says(void**) {
  // 1440 vectors of 25 x 6 floats, 19 models of two centres and three numbers per entry.
  const double stated = (1440.0 * (25 * 6 * 4 + 28) + 19.0 * 150 * 8 * 6) / 1024.0;
  const double held = memory_of_netdata_kib(25);
  std::printf("netdata, 25 features: %.0f KiB\n", held);
  assert_near(held, stated, 0, 0.1);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(nothing_is_judged_before_the_first_fit),
    cmocka_unit_test(a_gross_value_stands_out_and_is_named),
    cmocka_unit_test(how_high_a_level_lies_does_not_matter),
    cmocka_unit_test(a_constant_feature_is_learned_and_its_first_step_seen),
    cmocka_unit_test(the_mildest_of_several_models_decides),
    cmocka_unit_test(a_saved_state_is_restored_to_the_last_bit),
    cmocka_unit_test(a_damaged_state_is_refused_or_harmless),
    cmocka_unit_test(an_accepted_level_is_learned_anew),
    cmocka_unit_test(trees_are_renewed_one_at_a_time_on_schedule),
    cmocka_unit_test(absent_values_have_their_fate),
    cmocka_unit_test(the_memory_of_the_preset_is_what_the_header_says),
};
EPSILOND_TEST_MAIN(kTests)
