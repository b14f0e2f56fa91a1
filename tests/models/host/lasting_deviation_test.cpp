#include "models/host/lasting_deviation.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Deviations;
using epsilond::models::LastingDeviation;
using epsilond::models::PerFeature;
using epsilond::tests::Rng;

namespace {

constexpr std::size_t kFeatures = 3;
constexpr double kForgotten = 1e-6;
const std::vector<double> kIndependence(kFeatures, 1.0);

// An average over 24 rows with the row it is shown.
struct Shown {
  Shown() {
    row.counted = 7;
    row.z.fill(0.0);
    row.level_z.fill(0.0);
    row.resolution_z.fill(0.01);
  }
  // The surprise of feature 0; 0 where it is not odd.
  double surprise() const {
    std::uint64_t odd = 0;
    PerFeature surprise{};
    average.judge(row, 7, odd, surprise);
    return (odd & 1) != 0 ? surprise[0] : 0.0;
  }
  void learn() {
    average.advance(row);
    average.learn(row, kIndependence, kForgotten);
  }
  void hold() { average.advance(row); }
  void learn_noise(int rows, Rng& rng) {
    for (int n = 0; n < rows; ++n) {
      for (std::size_t i = 0; i < kFeatures; ++i) row.z[i] = rng.normal();
      learn();
    }
    row.z.fill(0.0);
    for (int n = 0; n < 200; ++n) hold();
  }

  Deviations row;
  LastingDeviation average{kFeatures, 1.0, 24.0};
};

struct Course {
  double before = 0.0;
  double after_24 = 0.0;
  double over_4 = 0.0;  // rows after the end
  double over_12 = 0.0;
};

// Noise, then feature 0 is `z` for 60 rows, and 0 again.
Course course_of(double z, double level_z) {
  Shown shown;
  Rng rng(1);
  shown.row.level_z[0] = level_z;
  shown.learn_noise(6000, rng);
  shown.row.z[0] = z;
  Course course;
  course.before = shown.surprise();
  for (int n = 0; n < 24; ++n) shown.hold();
  course.after_24 = shown.surprise();
  for (int n = 0; n < 36; ++n) shown.hold();
  shown.row.z[0] = 0.0;
  for (int n = 0; n < 4; ++n) shown.hold();
  course.over_4 = shown.surprise();
  for (int n = 0; n < 8; ++n) shown.hold();
  course.over_12 = shown.surprise();
  return course;
}

void what_is_little_but_lasts_is_odd_and_soon_over(void**) {
  // 24 rows of 2 sd leave 1.26 of the average, 8.8 of its sd of sqrt(a / (2 - a)) = 0.144.
  const Course course = course_of(2.0, 0.0);
  assert_near(course.before, 0.0, 0, 0);
  assert_true(course.after_24 > 3.0);
  assert_near(course.over_12, 0.0, 0, 0);
}

void what_was_gross_does_not_echo(void**) {
  // An average of 27.5 would stay above 5 of its sd for 80 rows more. But 30 / 2^(3 / 2), of late, is less than half of
  // 27.5 e^(-3 / 24): it begins anew with the third row.
  const Course course = course_of(1e9, 0.0);
  assert_true(course.after_24 > 3.0);
  assert_near(course.over_4, 0.0, 0, 0);
}

void what_falls_towards_nothing_counts_by_its_logarithm(void**) {
  // A level of 1.5 sd that falls to 0 leaves 1 - (1 - 1 / e) of it after 24 rows: -1.5 in logarithms, not -0.95.
  const double by_logarithm = course_of(-1.5, 1.5).after_24;
  const double by_difference = course_of(-1.5, 0.5).after_24;
  assert_true(by_difference > 1.0);
  assert_true(by_logarithm > by_difference + 0.3);
}

// Averages that usually stray by 2.0 are 1.45 below what is usual, which is `level_z` above nothing.
double surprise_where_little_is_left(double level_z) {
  Shown shown;
  Rng rng(3);
  for (int n = 0; n < 6000; ++n) {
    shown.row.z[0] = 14.0 * rng.normal();
    shown.learn();
  }
  shown.row.level_z[0] = level_z;
  shown.row.z[0] = -1.45;
  for (int n = 0; n < 240; ++n) shown.hold();
  return shown.surprise();
}

void a_fall_by_less_than_its_sd_is_odd_where_it_leaves_a_thirtieth(void**) {
  // 14 sqrt(a / (2 - a)) = 2.0: 1.45 is less than one of them, but 1.5 ln(1 / 30) = -5.1 is two and a half.
  assert_near(surprise_where_little_is_left(0.0), 0.0, 0, 0);
  assert_true(surprise_where_little_is_left(1.5) > 1.0);
}

// A service of 2.3 sd, of which one resolution is 0.86, of which `part` is left.
double surprise_where_a_service_is_down_to(double part) {
  Shown shown;
  Rng rng(4);
  shown.row.level_z[0] = 2.3;
  shown.row.resolution_z[0] = 0.86;
  shown.learn_noise(3000, rng);
  shown.row.z[0] = -2.3 * (1.0 - part);
  for (int n = 0; n < 60; ++n) shown.hold();
  return shown.surprise();
}

void nothing_left_is_odder_than_a_resolution_left(void**) {
  // One resolution is 0.37 of it; an average over 24 rows knows it to 0.04, and after 60 rows 0.08 of it is left.
  const double a_resolution_left = surprise_where_a_service_is_down_to(0.86 / 2.3);
  assert_true(a_resolution_left > 1.0);
  assert_true(surprise_where_a_service_is_down_to(0.0) > a_resolution_left + 1.0);
}

// A feature that strays upwards only: its sides are judged apart.
double surprise_below_a_level_that_strays_upwards() {
  Shown shown;
  Rng rng(2);
  for (int n = 0; n < 6000; ++n) {
    shown.row.z[0] = n / 60 % 2 == 0 ? 3.0 : 0.1 * rng.normal();
    shown.learn();
  }
  shown.row.z[0] = 0.0;
  for (int n = 0; n < 200; ++n) shown.hold();
  shown.row.z[0] = -1.0;
  for (int n = 0; n < 60; ++n) shown.hold();
  return shown.surprise();
}

void what_strays_upwards_may_still_be_odd_below(void**) {
  assert_true(surprise_below_a_level_that_strays_upwards() > 4.0);
}

// After `rows` rows of `z` that are learned, as many of 2 sd that are held back as it takes to fill the average: what
// it comes to.
double surprise_after_learning(int rows, double z) {
  Shown shown;
  Rng rng(3);
  shown.learn_noise(2000, rng);
  shown.row.z[0] = z;
  for (int n = 0; n < rows; ++n) shown.learn();
  shown.row.z[0] = 2.0;
  for (int n = 0; n < 400; ++n) shown.hold();
  return shown.surprise();
}

void what_led_up_to_an_episode_is_not_learned(void**) {
  // Eight lessons of six rows wait. The averages differ by 2 e^(-400 / 24).
  assert_near(surprise_after_learning(40, 2.0), surprise_after_learning(40, 0.0), 1e-5, 0);
  assert_true(surprise_after_learning(400, 2.0) < surprise_after_learning(400, 0.0) - 1.0);
}

void it_is_silent_until_it_has_learned_thirty_times(void**) {
  Shown shown;
  Rng rng(4);
  for (int n = 0; n < 37 * 6; ++n) {
    for (std::size_t i = 0; i < kFeatures; ++i) shown.row.z[i] = rng.normal();
    shown.learn();
  }
  shown.row.z[0] = 30.0;
  assert_near(shown.surprise(), 0.0, 0, 0);
  shown.row.z[0] = 0.0;
  for (int n = 0; n < 6; ++n) shown.learn();
  shown.row.z[0] = 30.0;
  assert_true(shown.surprise() > 1.0);
}

std::vector<std::byte> saved(const LastingDeviation& average) {
  std::vector<std::byte> bytes(LastingDeviation::state_bytes(kFeatures));
  std::span<std::byte> out(bytes);
  average.save(out);
  return bytes;
}

bool round_trip_is_identical() {
  Shown original;
  Rng rng(5);
  original.learn_noise(1003, rng);
  const std::vector<std::byte> bytes = saved(original.average);
  Shown copy;
  std::span<const std::byte> in(bytes);
  bool same = copy.average.load(in) && in.empty();
  for (int n = 0; n < 500; ++n) {
    original.row.z[0] = copy.row.z[0] = 3.0 * rng.normal();
    same = same && copy.surprise() == original.surprise();
    original.learn();
    copy.learn();
  }
  return same && saved(copy.average) == saved(original.average);
}

void a_state_is_as_large_as_stated_and_a_round_trip_changes_nothing(void**) { assert_true(round_trip_is_identical()); }

bool refused(std::size_t at, double value) {
  Shown shown;
  Rng rng(6);
  shown.learn_noise(1000, rng);
  std::vector<std::byte> bytes = saved(shown.average);
  std::memcpy(bytes.data() + 8 * at, &value, sizeof value);
  std::span<const std::byte> in(bytes);
  return !shown.average.load(in) && in.empty();
}

void a_damaged_state_is_refused(void**) {
  // Row, times learned, lessons that wait, three averages, three of late, eight lessons, then counts downwards.
  for (std::size_t at = 0; at < 3 + 2 * kFeatures + 8 * kFeatures + 3 * kFeatures; ++at)
    assert_true(refused(at, std::numeric_limits<double>::quiet_NaN()));
  for (const std::size_t at : {0u, 1u, 2u, 33u, 36u, 39u}) assert_true(refused(at, -1.0));
  assert_true(refused(2, 9.0));
  assert_true(refused(2, 0.5));
  assert_true(refused(3, 31.0));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(what_is_little_but_lasts_is_odd_and_soon_over),
    cmocka_unit_test(what_was_gross_does_not_echo),
    cmocka_unit_test(what_falls_towards_nothing_counts_by_its_logarithm),
    cmocka_unit_test(a_fall_by_less_than_its_sd_is_odd_where_it_leaves_a_thirtieth),
    cmocka_unit_test(nothing_left_is_odder_than_a_resolution_left),
    cmocka_unit_test(what_strays_upwards_may_still_be_odd_below),
    cmocka_unit_test(what_led_up_to_an_episode_is_not_learned),
    cmocka_unit_test(it_is_silent_until_it_has_learned_thirty_times),
    cmocka_unit_test(a_state_is_as_large_as_stated_and_a_round_trip_changes_nothing),
    cmocka_unit_test(a_damaged_state_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
