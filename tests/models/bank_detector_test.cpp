#include "models/bank_detector.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BankDetector;
using epsilond::models::BankSettings;
using epsilond::models::FeatureVector;
using epsilond::models::Observation;
using epsilond::models::Score;
using epsilond::models::ScoreStatus;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kResolution = 0.25;
constexpr double kWarmUpS = 60.0;
// A memory of 5 days weighs so few rows alike.
constexpr double kRounding = 1e-12;

// Says of a row what it is told to say, and remembers what it was asked.
class Puppet final : public BankDetector {
 public:
  explicit Puppet(const BankSettings& settings) : BankDetector(settings) {}

  Judgement says{.judged = true, .log_density = -7.0, .strangeness = 0.0};
  std::array<double, 2> parts = {0.0, 0.0};
  bool is_fitted = true;
  bool accepts_state = true;
  double learned_last_s = 0.0;
  int learned_times = 0;
  int moved_times = 0;
  int forgotten_times = 0;

  double mean_of(std::size_t i) const { return mean(i); }
  double sd_of(std::size_t i) const { return sd(i); }

 protected:
  Judgement judge(const Observation&, FeatureVector& part) const override {
    part[0] = parts[0];
    part[1] = parts[1];
    return says;
  }
  void move_on(const Observation&) override { ++moved_times; }
  void learn(const Observation&, double elapsed_s) override {
    learned_last_s = elapsed_s;
    ++learned_times;
  }
  bool fitted() const override { return is_fitted; }
  void forget() override { ++forgotten_times; }
  std::size_t own_memory_bytes() const override { return 1000; }
  double own_operations_per_sample() const override { return 500.0; }
  std::size_t own_state_bytes() const override { return 1; }
  void save_own(std::span<std::byte> out) const override { out[0] = std::byte{42}; }
  bool load_own(std::span<const std::byte> in) override { return accepts_state && in[0] == std::byte{42}; }
};

BankSettings settings() {
  BankSettings made;
  made.feature_count = 2;
  made.resolution.fill(kResolution);
  made.warm_up_s = kWarmUpS;
  return made;
}

int make(void** state) {
  *state = new Puppet(settings());
  return 0;
}
int make_blaming(void** state) {
  BankSettings blaming = settings();
  blaming.blame = {3.0, 0.0};
  *state = new Puppet(blaming);
  return 0;
}
int destroy(void** state) {
  delete static_cast<Puppet*>(*state);
  return 0;
}
Puppet& get(void** state) { return *static_cast<Puppet*>(*state); }

Observation row(double first, double second = 5.0, double elapsed_s = 1.0) {
  Observation made;
  made.values = FeatureVector::Zero(2);
  made.values[0] = first;
  made.values[1] = second;
  made.present[0] = made.present[1] = true;
  made.elapsed_s = elapsed_s;
  return made;
}

void learn(Puppet& puppet, const Observation& observation) {
  puppet.advance(observation);
  puppet.update(observation);
}

// 9 and 11 in turns: mean 10, sd 1 for an even number of rows. The second feature is constant.
void teach(Puppet& puppet, int rows) {
  for (int i = 0; i < rows; ++i) learn(puppet, row(i % 2 == 0 ? 9.0 : 11.0));
}

std::vector<std::byte> saved(const Puppet& puppet) {
  std::vector<std::byte> bytes(puppet.state_bytes());
  puppet.save(bytes);
  return bytes;
}

// Does another puppet take the state of `puppet`, with one byte of it changed if asked, or cut by some?
bool takes(const Puppet& puppet, Puppet& other, std::ptrdiff_t changed = -1, std::size_t cut = 0) {
  std::vector<std::byte> bytes = saved(puppet);
  if (changed >= 0) bytes[static_cast<std::size_t>(changed)] ^= std::byte{0xFF};
  bytes.resize(bytes.size() - cut);
  return other.load(bytes);
}

bool is_unchanged_by_a_refusal(const Puppet& puppet, Puppet& other, std::ptrdiff_t changed, std::size_t cut) {
  const std::vector<std::byte> before = saved(other);
  return !takes(puppet, other, changed, cut) && saved(other) == before;
}

bool round_trip_is_identical(const Puppet& puppet, Puppet& other) {
  return takes(puppet, other) && saved(other) == saved(puppet);
}

void before_anything_is_learned_a_value_is_its_own_mean(void** state) {
  const Score score = get(state).score(row(8.0));
  assert_true(score.status == ScoreStatus::kLearning);
  assert_near(score.mean[0], 8.0, 0, 0);
  assert_near(score.sd[0], kResolution, 0, 0);
  assert_near(score.z[0], 0.0, 0, 0);
  assert_int_equal(score.sample_count, 0);
}

void few_rows_make_the_deviation_wider_and_the_resolution_is_its_floor(void** state) {
  teach(get(state), 10);
  const Score score = get(state).score(row(13.0));
  const double sd = std::sqrt(1.0 + 3.0 / 10.0);
  assert_near(score.mean[0], 10.0, kRounding, 0);
  assert_near(score.sd[0], sd, kRounding, 0);
  assert_near(score.z[0], 3.0 / sd, kRounding, 0);
  assert_near(score.sd[1], kResolution, 0, 0);
  assert_int_equal(score.sample_count, 10);
}

void a_feature_is_known_from_its_thirtieth_value_on(void** state) {
  teach(get(state), 29);
  assert_int_equal(get(state).score(row(9.0)).features_known, 0);
  assert_int_equal(get(state).score(row(9.0)).features_used, 0);
  teach(get(state), 1);
  assert_int_equal(get(state).score(row(9.0)).features_known, 2);
  assert_int_equal(get(state).score(row(9.0)).features_used, 2);
}

void an_absent_feature_is_known_but_not_used_and_told_as_nothing(void** state) {
  teach(get(state), 30);
  get(state).parts = {1.0, 0.0};
  Observation half = row(9.0, kNaN);
  half.present[1] = false;
  const Score score = get(state).score(half);
  assert_int_equal(score.features_known, 2);
  assert_int_equal(score.features_used, 1);
  assert_near(score.mean[1], 0.0, 0, 0);
  assert_near(score.sd[1], 1.0, 0, 0);
  assert_near(score.z[1], 0.0, 0, 0);
  assert_true(score.status != ScoreStatus::kNonFinite);
}

void what_is_no_reading_is_neither_judged_nor_learned(void** state) {
  teach(get(state), 30);
  for (const double garbage : {kNaN, 1e31, -std::numeric_limits<double>::infinity()}) {
    const int moved = get(state).moved_times;
    assert_true(get(state).score(row(garbage)).status == ScoreStatus::kNonFinite);
    get(state).advance(row(garbage));
    assert_int_equal(get(state).moved_times, moved);
    get(state).update(row(garbage));
    assert_near(get(state).mean_of(0), 10.0, kRounding, 0);
  }
  // The other feature was a reading, and was learned.
  assert_int_equal(get(state).score(row(9.0)).sample_count, 33);
}

void a_row_without_a_reading_teaches_nothing(void** state) {
  Observation nothing = row(9.0);
  nothing.present.reset();
  learn(get(state), nothing);
  assert_int_equal(get(state).learned_times, 0);
  assert_near(get(state).learned_s(), 0.0, 0, 0);
  assert_int_equal(get(state).score(row(9.0)).sample_count, 0);
}

void shares_are_parts_of_the_whole(void** state) {
  get(state).parts = {1.0, 3.0};
  const Score score = get(state).score(row(9.0));
  assert_near(score.share[0], 0.25, 1e-15, 0);
  assert_near(score.share[1], 0.75, 1e-15, 0);
}

void blame_weighs_the_parts_and_none_stated_is_one(void** state) {
  get(state).parts = {1.0, 3.0};
  assert_near(get(state).score(row(9.0)).share[0], 0.5, 1e-15, 0);
}

void where_nothing_is_odd_nothing_has_a_share(void** state) {
  const Score score = get(state).score(row(9.0));
  assert_near(score.share[0], 0.0, 0, 0);
  assert_near(score.share[1], 0.0, 0, 0);
}

void warm_up_wants_rows_scores_and_time(void** state) {
  teach(get(state), 15);
  assert_near(get(state).learning_ratio(), 0.25, 1e-12, 0);  // of the time
  for (int i = 0; i < 5; ++i) learn(get(state), row(10.0, 5.0, 10.0));
  assert_near(get(state).learning_ratio(), 20.0 / 30.0, 1e-12, 0);  // of the rows
  get(state).says.judged = false;
  teach(get(state), 10);
  assert_near(get(state).learning_ratio(), 20.0 / 30.0, 1e-12, 0);  // of the scores
  get(state).says.judged = true;
  teach(get(state), 10);
  assert_near(get(state).learning_ratio(), 1.0, 0, 0);
  get(state).is_fitted = false;
  assert_near(get(state).learning_ratio(), 0.99, 0, 0);
}

void a_ready_detector_tells_the_surprise_of_what_it_judged(void** state) {
  teach(get(state), 60);
  get(state).says = {.judged = true, .log_density = -9.0, .strangeness = 100.0};
  const Score score = get(state).score(row(9.0));
  assert_true(score.status == ScoreStatus::kScored);
  assert_near(score.log_density, -9.0, 0, 0);
  assert_true(score.surprise > 3.0);
  get(state).says.judged = false;
  assert_true(get(state).score(row(9.0)).status == ScoreStatus::kLearning);
}

void a_wild_value_moves_a_mean_that_is_known_by_six_deviations_of_one_row(void** state) {
  teach(get(state), 30);
  const double clipped = 6.0 * std::sqrt(1.0 + 3.0 / 30.0);
  learn(get(state), row(1e6));
  assert_near(get(state).mean_of(0), 10.0 + clipped / 31.0, kRounding, 0);
  learn(get(state), row(-1e6));
  assert_true(get(state).mean_of(0) > 10.0 - clipped / 31.0);
}

void a_young_mean_counts_a_wild_value_in_full(void** state) {
  teach(get(state), 28);
  learn(get(state), row(10.0 + 29.0));
  assert_near(get(state).mean_of(0), 11.0, kRounding, 0);
}

void a_gap_counts_as_ten_intervals(void** state) {
  learn(get(state), row(9.0, 5.0, 3600.0));
  assert_near(get(state).learned_last_s, 10.0, 0, 0);
  learn(get(state), row(9.0, 5.0, 2.0));
  assert_near(get(state).learned_s(), 12.0, 0, 0);
}

void an_accepted_level_is_that_of_what_was_held_and_the_fit_is_forgotten(void** state) {
  teach(get(state), 40);
  for (int i = 0; i < 20; ++i) get(state).observe_unlearned(row(i % 2 == 0 ? 98.0 : 102.0));
  assert_near(get(state).mean_of(0), 10.0, kRounding, 0);
  get(state).accept_level();
  assert_near(get(state).mean_of(0), 100.0, kRounding, 0);
  assert_near(get(state).sd_of(0), 2.0 * std::sqrt(1.0 + 3.0 / 20.0), kRounding, 0);
  assert_int_equal(get(state).forgotten_times, 1);
  assert_true(get(state).learning_ratio() < 1.0);  // the scores of the old level say nothing of the new one
}

void what_was_held_and_discarded_or_never_seen_moves_nothing(void** state) {
  teach(get(state), 40);
  Observation half = row(100.0, kNaN);
  get(state).observe_unlearned(half);
  get(state).discard_unlearned();
  get(state).accept_level();
  assert_near(get(state).mean_of(0), 10.0, kRounding, 0);
  get(state).observe_unlearned(half);
  get(state).accept_level();
  assert_near(get(state).mean_of(0), 100.0, 0, 0);
  assert_near(get(state).mean_of(1), 5.0, 0, 0);
}

void a_saved_state_is_taken_whole(void** state) {
  teach(get(state), 45);
  Puppet* const other = new Puppet(settings());
  teach(*other, 7);
  for (int i = 0; i < 5; ++i) other->observe_unlearned(row(100.0));
  const bool identical = round_trip_is_identical(get(state), *other);
  const double learned_s = other->learned_s();
  const std::uint64_t rows = other->score(row(9.0)).sample_count;
  other->accept_level();
  const double mean = other->mean_of(0);
  delete other;
  assert_true(identical);
  assert_near(learned_s, 45.0, 0, 0);
  assert_int_equal(rows, 45);
  assert_near(mean, get(state).mean_of(0), 0, 0);  // what was held before is not of this state
}

// magic, version, feature count, rows, seconds: 4, 4, 8, 8 and 8 bytes; then count, mean and variance of each feature.
void a_state_of_something_else_is_refused_and_changes_nothing(void** state) {
  teach(get(state), 45);
  Puppet* const other = new Puppet(settings());
  teach(*other, 7);
  bool refused = true;
  constexpr std::ptrdiff_t kHighestOfSeconds = 31, kHighestOfCount = 39, kHighestOfVariance = 55;
  for (const std::ptrdiff_t changed : {std::ptrdiff_t{0}, std::ptrdiff_t{4}, std::ptrdiff_t{8}, kHighestOfSeconds,
                                       kHighestOfCount, kHighestOfVariance})
    refused = refused && is_unchanged_by_a_refusal(get(state), *other, changed, 0);
  const bool cut = is_unchanged_by_a_refusal(get(state), *other, -1, 1);
  other->accepts_state = false;
  const bool own = is_unchanged_by_a_refusal(get(state), *other, -1, 0);
  delete other;
  assert_true(refused);
  assert_true(cut);
  assert_true(own);
}

void reset_forgets_everything(void** state) {
  teach(get(state), 60);
  get(state).observe_unlearned(row(100.0));
  get(state).reset();
  assert_near(get(state).learning_ratio(), 0.0, 0, 0);
  assert_near(get(state).learned_s(), 0.0, 0, 0);
  assert_int_equal(get(state).score(row(9.0)).sample_count, 0);
  assert_near(get(state).score(row(9.0)).mean[0], 9.0, 0, 0);
  get(state).accept_level();
  assert_near(get(state).score(row(9.0)).mean[0], 9.0, 0, 0);
}

void bytes_and_operations_are_its_own_and_those_of_each_feature(void** state) {
  // Count, mean and variance, of what is learned and of what is held.
  assert_int_equal(get(state).memory_bytes(), sizeof(BankDetector) + 2 * 2 * 24 + 1000);
  assert_near(get(state).operations_per_sample(), 580.0, 0, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(before_anything_is_learned_a_value_is_its_own_mean, make, destroy),
    cmocka_unit_test_setup_teardown(few_rows_make_the_deviation_wider_and_the_resolution_is_its_floor, make, destroy),
    cmocka_unit_test_setup_teardown(a_feature_is_known_from_its_thirtieth_value_on, make, destroy),
    cmocka_unit_test_setup_teardown(an_absent_feature_is_known_but_not_used_and_told_as_nothing, make, destroy),
    cmocka_unit_test_setup_teardown(what_is_no_reading_is_neither_judged_nor_learned, make, destroy),
    cmocka_unit_test_setup_teardown(a_row_without_a_reading_teaches_nothing, make, destroy),
    cmocka_unit_test_setup_teardown(shares_are_parts_of_the_whole, make, destroy),
    cmocka_unit_test_setup_teardown(blame_weighs_the_parts_and_none_stated_is_one, make_blaming, destroy),
    cmocka_unit_test_setup_teardown(where_nothing_is_odd_nothing_has_a_share, make, destroy),
    cmocka_unit_test_setup_teardown(warm_up_wants_rows_scores_and_time, make, destroy),
    cmocka_unit_test_setup_teardown(a_ready_detector_tells_the_surprise_of_what_it_judged, make, destroy),
    cmocka_unit_test_setup_teardown(a_wild_value_moves_a_mean_that_is_known_by_six_deviations_of_one_row, make,
                                    destroy),
    cmocka_unit_test_setup_teardown(a_young_mean_counts_a_wild_value_in_full, make, destroy),
    cmocka_unit_test_setup_teardown(a_gap_counts_as_ten_intervals, make, destroy),
    cmocka_unit_test_setup_teardown(an_accepted_level_is_that_of_what_was_held_and_the_fit_is_forgotten, make, destroy),
    cmocka_unit_test_setup_teardown(what_was_held_and_discarded_or_never_seen_moves_nothing, make, destroy),
    cmocka_unit_test_setup_teardown(a_saved_state_is_taken_whole, make, destroy),
    cmocka_unit_test_setup_teardown(a_state_of_something_else_is_refused_and_changes_nothing, make, destroy),
    cmocka_unit_test_setup_teardown(reset_forgets_everything, make, destroy),
    cmocka_unit_test_setup_teardown(bytes_and_operations_are_its_own_and_those_of_each_feature, make, destroy),
};
EPSILOND_TEST_MAIN(kTests)
