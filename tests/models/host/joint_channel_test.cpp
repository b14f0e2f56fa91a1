#include "models/host/joint_channel.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::JointChannel;
using epsilond::models::JointTerms;
using epsilond::models::TimeScales;
using epsilond::tests::Rng;

namespace {

constexpr std::size_t kFeatures = 20;
constexpr double kIntervalS = 60.0;

// A channel with the row it is shown.
struct Shown {
  const JointChannel::Row& judge() {
    channel.judge(row);
    return row;
  }
  void learn() {
    judge();
    channel.advance(row, kIntervalS);
    channel.learn(row, 1e-4, kIntervalS);
  }
  void show_noise(Rng& rng) {
    for (std::size_t i = 0; i < kFeatures; ++i) {
      row.z[i] = rng.normal();
      row.change_z[i] = rng.normal();
    }
  }
  void learn_noise(int rows, Rng& rng) {
    for (int n = 0; n < rows; ++n) {
      show_noise(rng);
      learn();
    }
  }

  JointChannel channel{kFeatures, kIntervalS};
  JointChannel::Row row{};
};

struct Surprises {
  double usual = 0.0;
  double together = 0.0;
  double alone = 0.0;
};

// Single rows: of noise, with all features two sd off, with one of them.
Surprises surprises_after_noise() {
  Shown shown;
  Rng rng(1);
  shown.learn_noise(4000, rng);
  Surprises surprises;
  shown.show_noise(rng);
  surprises.usual = shown.judge().surprise.recent;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    shown.row.z[i] = i % 2 == 0 ? 2.0 : -2.0;
    shown.row.change_z[i] = i % 3 == 0 ? 2.0 : -2.0;
  }
  surprises.together = shown.judge().surprise.recent;
  shown.row.z.fill(0.0);
  shown.row.change_z.fill(0.0);
  shown.row.z[0] = shown.row.change_z[0] = 2.0;
  surprises.alone = shown.judge().surprise.recent;
  return surprises;
}

void many_features_that_are_each_a_little_off_are_odd_in_a_single_row(void**) {
  // Each is a surprise of 1.34 by itself. The levels add up to 20 * 2.5 ln 2 = 34.7, against 8.9 +- 2.4 of normal
  // noise: 10 sd beyond, ln(11) = 2.4 of score, where 4000 rows of noise hardly reach ln(1 + 4) = 1.6.
  const Surprises surprises = surprises_after_noise();
  assert_true(surprises.together > 4.0);
  assert_true(surprises.usual < 3.0);
  assert_true(surprises.alone < 2.0);
}

const double* strangeness_of_three() {
  static double found[3];
  const JointChannel channel(kFeatures, kIntervalS);
  found[0] = channel.strangeness(2.0, -4.0);
  found[1] = channel.strangeness(0.0, 0.0);
  found[2] = channel.strangeness(1e300, 0.0);
  return found;
}

void the_strangeness_of_a_feature_is_that_of_a_student_t(void**) {
  const double* const found = strangeness_of_three();
  assert_near(found[0], 2.5 * std::log(2.0) + 2.5 * std::log(5.0), 0, 1e-14);
  assert_near(found[1], 0.0, 0, 0);
  assert_near(found[2], 2.5 * std::log1p(0.25e12), 0, 1e-14);
}

double strangeness_of_a_level(double z) { return JointChannel(kFeatures, kIntervalS).strangeness(z, 0.0); }

double sum_of_levels(double z) {
  Shown shown;
  shown.row.z.fill(z);
  return shown.judge().averages[0];  // the first row is its own average
}

void the_sum_of_levels_is_that_of_all_features(void**) {
  for (const double z : {0.0, -1.0, 3.0, 1e5, 1e250})
    assert_near(sum_of_levels(z), kFeatures * strangeness_of_a_level(z), 0, 1e-13);
}

// The sums of a row without some of the terms.
TimeScales::Sums sums_with(const JointTerms& terms) {
  const JointChannel channel(kFeatures, kIntervalS, terms);
  JointChannel::Row row;
  row.z.fill(0.0);
  row.change_z.fill(0.0);
  row.z[0] = 3.0;
  row.change_z[1] = 2.0;
  channel.judge(row);
  return {row.averages[0], row.averages[TimeScales::kScales], row.averages[2 * TimeScales::kScales]};
}

void without_its_terms_it_is_the_product_of_the_densities(void**) {
  const TimeScales::Sums plain = sums_with({false, false, false, false});
  assert_near(plain[0], 4.5, 0, 1e-14);
  assert_near(plain[1], 0.0, 0, 0);
  assert_near(plain[2], 0.0, 0, 0);
  const TimeScales::Sums all = sums_with({});
  assert_near(all[0], 2.5 * std::log(1.0 + 9.0 / 4.0), 0, 1e-14);
  assert_near(all[1], 2.5 * std::log(2.0), 0, 1e-14);
  assert_true(all[2] > 0.0);
  assert_near(sums_with({.change = false})[1], 0.0, 0, 0);
  assert_near(sums_with({.covariance = false})[2], 0.0, 0, 0);
}

// Rows learned before a row far off has a score.
int rows_without_a_score() {
  Shown shown;
  Rng rng(3);
  for (int rows = 0; rows < 100; ++rows) {
    shown.row.z.fill(9.0);
    shown.row.change_z.fill(9.0);
    if (shown.judge().score != 0.0) return rows;
    shown.learn_noise(1, rng);
  }
  return -1;
}

void the_first_twenty_rows_have_no_score(void**) { assert_int_equal(rows_without_a_score(), 20); }

std::vector<double> saved(const JointChannel& channel) {
  std::vector<double> state(channel.state_doubles());
  channel.save(state);
  return state;
}

bool round_trip_is_identical(int rows) {
  Shown original;
  Rng rng(7);
  original.learn_noise(rows, rng);
  original.channel.advance(original.row, kIntervalS);
  Shown copy;
  if (!copy.channel.load(saved(original.channel))) return false;
  for (int n = 0; n < 300; ++n) {
    original.show_noise(rng);
    copy.row = original.row;
    const JointChannel::Row& a = original.judge();
    const JointChannel::Row& b = copy.judge();
    if (a.score != b.score || a.surprise.lasting != b.surprise.lasting || a.surprise.recent != b.surprise.recent)
      return false;
    original.learn();
    copy.learn();
  }
  return saved(original.channel) == saved(copy.channel);
}

void a_round_trip_gives_identical_surprises_from_then_on(void**) {
  for (const int rows : {1, 19, 33, 450, 4321}) assert_true(round_trip_is_identical(rows));
}

// A state with one number replaced is refused and leaves a channel that has learned nothing.
bool refused(std::size_t at, double value) {
  Shown shown;
  Rng rng(7);
  shown.learn_noise(300, rng);
  std::vector<double> state = saved(shown.channel);
  state[at] = value;
  return !shown.channel.load(state) && saved(shown.channel) == saved(JointChannel(kFeatures, kIntervalS));
}

void a_damaged_state_is_refused(void**) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  constexpr std::size_t kMatrices = 2 * kFeatures * kFeatures;
  assert_true(refused(0, -1.0));  // rows
  assert_true(refused(0, 0.5));
  // Levels, changes, lengths of time, episodes.
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, kMatrices, kMatrices + 1, 2 * kMatrices + 1,
                               2 * kMatrices + 1 + epsilond::models::TimeScales::kStateDoubles})
    assert_true(refused(at, kNaN));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(many_features_that_are_each_a_little_off_are_odd_in_a_single_row),
    cmocka_unit_test(the_strangeness_of_a_feature_is_that_of_a_student_t),
    cmocka_unit_test(the_sum_of_levels_is_that_of_all_features),
    cmocka_unit_test(without_its_terms_it_is_the_product_of_the_densities),
    cmocka_unit_test(the_first_twenty_rows_have_no_score),
    cmocka_unit_test(a_round_trip_gives_identical_surprises_from_then_on),
    cmocka_unit_test(a_damaged_state_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
