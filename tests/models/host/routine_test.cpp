#include "models/host/routine.h"

#include <array>
#include <cstddef>
#include <limits>
#include <span>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Routine;

namespace {

constexpr double kDay = 86400.0;
constexpr double kTwo = 2.0 * 3600.0 + 600.0;  // ten past two
constexpr Routine::Blamed kDisk{.much = 1, .little = 1};
constexpr Routine::Blamed kDiskAndMore{.much = 1, .little = 3};
constexpr Routine::Blamed kOther{.much = 2, .little = 2};

// Ten past two in the nights `first` .. `last`, the surprise of each a tenth larger than that of the one before.
Routine after_nights(int first, int last, const Routine::Blamed& blamed = kDisk) {
  Routine routine;
  for (int night = first; night <= last; ++night) routine.note(night * kDay + kTwo, 5.0 + 0.1 * night, blamed);
  return routine;
}

void what_was_strange_in_three_of_the_last_four_nights_is_routine(void**) {
  const Routine routine = after_nights(1, 3);
  assert_near(routine.surprise(4 * kDay + kTwo, kDisk), 5.1, 0, 0);
  assert_near(routine.surprise(5 * kDay + kTwo, kDisk), 5.1, 0, 0);
  assert_near(routine.surprise(6 * kDay + kTwo, kDisk), 0.0, 0, 0);
}

void two_nights_are_no_habit(void**) {
  const Routine routine = after_nights(1, 2);
  for (int night = 3; night < 6; ++night) assert_near(routine.surprise(night * kDay + kTwo, kDisk), 0.0, 0, 0);
}

void a_long_habit_is_as_strange_as_the_third_strangest_of_four_nights(void**) {
  assert_near(after_nights(1, 20).surprise(21 * kDay + kTwo, kDisk), 5.0 + 0.1 * 18, 1e-12, 0);
}

void half_an_hour_earlier_or_later_is_the_same_habit(void**) {
  const Routine routine = after_nights(1, 3);
  const double two = 4 * kDay + 7200.0;
  assert_true(routine.surprise(two - 1800.0, kDisk) > 0.0);
  assert_true(routine.surprise(two + 3599.0, kDisk) > 0.0);
  assert_near(routine.surprise(two - 1801.0, kDisk), 0.0, 0, 0);
  assert_near(routine.surprise(two + 3600.0, kDisk), 0.0, 0, 0);
  assert_near(routine.surprise(two + 12 * 3600.0, kDisk), 0.0, 0, 0);
}

void a_habit_goes_over_midnight_and_before_1970(void**) {
  for (const double origin : {0.0, -20000.0 * kDay}) {
    Routine routine;
    for (int night = 1; night <= 3; ++night) routine.note(origin + night * kDay - 60.0, 6.0, kDisk);
    assert_near(routine.surprise(origin + 4 * kDay + 60.0, kDisk), 6.0, 0, 0);
  }
}

void another_feature_is_not_hidden_by_a_habit(void**) {
  assert_near(after_nights(1, 3).surprise(4 * kDay + kTwo, kOther), 0.0, 0, 0);
  // It had a small part in it each night.
  assert_true(after_nights(1, 3, kDiskAndMore).surprise(4 * kDay + kTwo, kOther) > 0.0);
}

void of_one_half_hour_the_strangest_counts_and_every_feature(void**) {
  Routine routine;
  for (int night = 1; night <= 3; ++night) {
    routine.note(night * kDay + kTwo, 9.0, kDisk);
    routine.note(night * kDay + kTwo + 60.0, 4.0, kOther);
  }
  assert_near(routine.surprise(4 * kDay + kTwo, kDisk), 9.0, 0, 0);
  assert_near(routine.surprise(4 * kDay + kTwo, kOther), 9.0, 0, 0);
}

void what_is_not_strange_or_no_number_is_not_noted(void**) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Routine routine;
  for (int night = 1; night <= 3; ++night) {
    for (const double surprise : {2.4, kNan, kInfinity}) routine.note(night * kDay + kTwo, surprise, kDisk);
    for (const double time_s : {kNan, kInfinity, -kInfinity, 1e300}) routine.note(time_s, 9.0, kDisk);
  }
  for (const double time_s : {4 * kDay + kTwo, kNan, kInfinity, 1e300})
    assert_near(routine.surprise(time_s, kDisk), 0.0, 0, 0);
}

void shares_of_a_fifth_and_a_twentieth_count(void**) {
  constexpr std::array<double, 4> kShares = {0.75, 0.2, 0.05, 0.0};
  const Routine::Blamed blamed = Routine::blamed(kShares);
  assert_int_equal(blamed.much, 0b0011);
  assert_int_equal(blamed.little, 0b0111);
}

void it_outlives_a_restart_and_nonsense_is_refused(void**) {
  std::array<std::byte, Routine::kStateBytes> bytes;
  std::span<std::byte> out(bytes);
  after_nights(1, 3).save(out);
  assert_int_equal(out.size(), 0);
  Routine restored;
  std::span<const std::byte> in(bytes);
  assert_true(restored.load(in));
  assert_int_equal(in.size(), 0);
  assert_near(restored.surprise(4 * kDay + kTwo, kDisk), 5.1, 0, 0);

  bytes.fill(std::byte{0xff});
  in = bytes;
  assert_false(restored.load(in));
  assert_near(restored.surprise(4 * kDay + kTwo, kDisk), 5.1, 0, 0);
  restored.reset();
  assert_near(restored.surprise(4 * kDay + kTwo, kDisk), 0.0, 0, 0);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(what_was_strange_in_three_of_the_last_four_nights_is_routine),
    cmocka_unit_test(two_nights_are_no_habit),
    cmocka_unit_test(a_long_habit_is_as_strange_as_the_third_strangest_of_four_nights),
    cmocka_unit_test(half_an_hour_earlier_or_later_is_the_same_habit),
    cmocka_unit_test(a_habit_goes_over_midnight_and_before_1970),
    cmocka_unit_test(another_feature_is_not_hidden_by_a_habit),
    cmocka_unit_test(of_one_half_hour_the_strangest_counts_and_every_feature),
    cmocka_unit_test(what_is_not_strange_or_no_number_is_not_noted),
    cmocka_unit_test(shares_of_a_fifth_and_a_twentieth_count),
    cmocka_unit_test(it_outlives_a_restart_and_nonsense_is_refused),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
