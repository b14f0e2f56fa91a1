#include "models/host/gross_channel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "models/baseline/running_moments.h"
#include "models/density/gaussian.h"
#include "models/learning_time.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Deviations;
using epsilond::models::GrossChannel;
using epsilond::models::ParetoTail;
using epsilond::models::PerFeature;
using epsilond::tests::Rng;

namespace {

constexpr double kDay = 86400.0;

std::uint64_t all_of(std::size_t features) {
  return features == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << features) - 1;
}

// A channel with the row it is shown.
struct Shown {
  Shown(std::size_t count, double interval) : features(count), interval_s(interval), channel(count, interval) {
    lesson.weight.fill(1.0);
    deviations.counted = all_of(count);
    z.fill(0.0);
    deviations.level_z.fill(0.0);
    deviations.resolution_z.fill(0.01);
  }
  const GrossChannel::Row& judge(double learned_s = 0.0) {
    channel.judge(deviations, learned_s, row);
    return row;
  }
  void advance() {
    judge();
    channel.advance(deviations);
  }
  void learn() {
    advance();
    for (std::size_t i = 0; i < features; ++i) lesson.z[i] = std::fabs(z[i]);
    lesson.largest = row.largest;
    lesson.elapsed_s = interval_s;
    channel.learn(lesson, all_of(features), deviations, epsilond::models::forgotten_share(interval_s, 5.0 * kDay));
  }
  void learn_noise(int rows, Rng& rng) {
    for (int n = 0; n < rows; ++n) {
      for (std::size_t i = 0; i < features; ++i) z[i] = rng.normal();
      learn();
    }
  }

  std::size_t features;
  double interval_s;
  GrossChannel channel;
  Deviations deviations;
  PerFeature& z = deviations.z;
  GrossChannel::Row row;
  GrossChannel::Lesson lesson{};
};

// A channel without averages beside tails of its own, judged by the formula in full.
struct Deviation {
  double largest = 0.0;
  double of_feature = 0.0;
  bool odd_is_right = true;
  int odd_rows = 0;
  int everyday_rows = 0;
};

Deviation deviation_from_the_formula(std::size_t features, std::uint64_t seed) {
  constexpr double kInterval = 300.0;
  Shown shown(features, kInterval);
  constexpr epsilond::models::TailShape kShape{.prior_octaves = 0.5};
  std::vector<ParetoTail> tails(features, ParetoTail(epsilond::models::tail_memory(kInterval), kShape));
  Rng rng(seed);
  Deviation deviation;
  for (int row = 0; row < 800; ++row) {
    const double width = std::exp2(rng.uniform(-3.0, 1.0));
    double largest = 0.0;
    std::vector<double> surprise(features);
    for (std::size_t i = 0; i < features; ++i) {
      shown.z[i] = width * (i % 3 == 0 ? std::exp(0.8 * rng.normal()) : 1.0) * rng.normal();
      const double gaussian = -std::log10(std::erfc(std::fabs(shown.z[i]) / std::sqrt(2.0)));
      surprise[i] = std::min(tails[i].surprise(shown.z[i]), gaussian);
      largest = std::max(largest, surprise[i]);
    }
    const GrossChannel::Row& judged = shown.judge();
    const double correction = std::log10(std::max(1.0, static_cast<double>(features) / 3.0));
    const double expected = std::max(0.0, largest - correction);
    deviation.largest = std::max(deviation.largest, std::fabs(judged.largest - expected));
    for (std::size_t i = 0; i < features; ++i) {
      const bool odd = (judged.odd >> i & 1) != 0;
      if (std::fabs(surprise[i] - 1.0) > 1e-9 && odd != (surprise[i] > 1.0)) deviation.odd_is_right = false;
      if (odd)
        deviation.of_feature = std::max(deviation.of_feature, std::fabs(judged.feature_surprise[i] - surprise[i]));
      tails[i].learn(std::fabs(shown.z[i]));
    }
    deviation.odd_rows += judged.odd != 0 ? 1 : 0;
    deviation.everyday_rows += judged.odd == 0 && expected > 0.0 ? 1 : 0;
    shown.learn();
  }
  return deviation;
}

void nothing_that_matters_to_the_largest_is_left_out(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const std::size_t features : {1u, 3u, 4u, 7u, 20u, 64u}) {
    const Deviation deviation = deviation_from_the_formula(features, seed + features);
    // erfc() and logarithms of the C library and of our own, for surprises below 100.
    assert_near(deviation.largest, 0.0, 1e-10, 0);
    assert_near(deviation.of_feature, 0.0, 1e-10, 0);
    assert_true(deviation.odd_is_right);
    assert_true(deviation.odd_rows > 10);
    if (features < 20) assert_true(deviation.everyday_rows > 50);
  }
}

GrossChannel::Row row_with_one_rare_of_twenty() {
  Shown shown(20, 60.0);
  Rng rng(1);
  shown.learn_noise(500, rng);
  shown.z.fill(0.5);
  shown.z[13] = -40.0;
  return shown.judge();
}

void one_rare_feature_among_twenty_is_found_and_named(void**) {
  const GrossChannel::Row row = row_with_one_rare_of_twenty();
  assert_int_equal(row.odd, std::uint64_t{1} << 13);
  assert_near(row.largest, row.feature_surprise[13] - std::log10(20.0 / 3.0), 1e-12, 0);
  assert_true(row.largest > 4.0);
}

double margin_at(double interval_s) {
  Shown shown(1, interval_s);
  shown.z[0] = 1e9;
  const GrossChannel::Row& row = shown.judge();
  return row.largest - row.surprise;
}

void a_tenth_of_the_budget_is_its_own_and_less_at_long_intervals(void**) {
  assert_near(margin_at(0.5), 1.0, 1e-12, 0);
  assert_near(margin_at(1.0), 1.0, 1e-12, 0);
  assert_near(margin_at(60.0), std::log10(600.0), 1e-12, 0);
}

struct Shift {
  double at_once = 0.0;
  double after_a_minute = 0.0;
  double begun_anew = 0.0;
};

// A feature of noise moves by two sd and stays.
Shift shift_of_two_sd(double interval_s) {
  Shown shown(3, interval_s);
  Rng rng(2);
  shown.learn_noise(6000, rng);
  // The averages as they are of rows at the level.
  shown.z.fill(0.0);
  for (int row = 0; row < 200; ++row) shown.advance();
  Shift shift;
  shown.z[1] = 2.0;
  shift.at_once = shown.judge().largest;
  for (int row = 0; row < 60; ++row) shown.advance();
  shift.after_a_minute = shown.judge().largest;
  shown.z[1] = 0.0;
  shown.channel.begin_anew(1);
  shift.begun_anew = shown.judge().largest;
  return shift;
}

void averages_see_a_small_shift_that_lasts(void**) {
  // Two sd of a row are a surprise of 1.34; of an average over 24 rows, whose sd is 0.144, nearly 14 sd.
  const Shift shift = shift_of_two_sd(1.0);
  const double by_row = epsilond::models::standard_surprise(2.0);
  assert_true(shift.at_once <= by_row);
  assert_true(shift.after_a_minute > 3.0);
  assert_true(shift.begun_anew < 1.0);
}

void there_are_no_averages_where_rows_are_far_apart(void**) {
  const Shift shift = shift_of_two_sd(60.0);
  assert_near(shift.after_a_minute, shift.at_once, 0, 0);
}

struct Belief {
  double at_age_0 = 0.0;
  double at_half = 0.0;
  double old = 0.0;
  double largest = 0.0;
};

// A row that no tail has learned, but that is seen every 40 minutes, at several ages: what is believed goes over from
// how rare it looks to how often there was such an episode.
Belief belief() {
  Shown shown(3, 60.0);
  Rng rng(4);
  for (int episode = 0; episode < 80; ++episode) {
    shown.learn_noise(39, rng);
    shown.z[0] = 8.0;
    shown.lesson.weight.fill(0.0);
    shown.learn();
    shown.lesson.weight.fill(1.0);
  }
  Belief belief;
  belief.at_age_0 = shown.judge(0.0).surprise;
  belief.at_half = shown.judge(4320.0).surprise;
  belief.old = shown.judge(1e12).surprise;
  belief.largest = shown.judge().largest;
  return belief;
}

void how_often_episodes_are_seen_is_believed_after_an_hour_or_two(void**) {
  const Belief seen = belief();
  assert_near(seen.at_age_0, seen.largest - std::log10(600.0), 1e-12, 0);
  assert_true(seen.old < seen.at_age_0 - 0.1);
  assert_near(seen.at_half, 0.5 * (seen.at_age_0 + seen.old), 1e-6, 0);
}

std::vector<std::byte> saved(const GrossChannel& channel) {
  std::vector<std::byte> bytes(channel.state_bytes());
  std::span<std::byte> out(bytes);
  channel.save(out);
  return bytes;
}

bool round_trip_is_identical(int rows) {
  Shown original(5, 1.0);
  Rng rng(7);
  original.learn_noise(rows, rng);
  original.advance();
  Shown copy(5, 1.0);
  const std::vector<std::byte> bytes = saved(original.channel);
  std::span<const std::byte> in(bytes);
  if (!copy.channel.load(in) || !in.empty()) return false;
  for (int row = 0; row < 500; ++row) {
    for (std::size_t i = 0; i < 5; ++i) original.z[i] = copy.z[i] = 2.0 * rng.normal();
    if (original.judge(1e4).surprise != copy.judge(1e4).surprise) return false;
    original.learn();
    copy.learn();
  }
  return saved(original.channel) == saved(copy.channel);
}

void a_round_trip_gives_identical_surprises_from_then_on(void**) {
  for (const int rows : {0, 3, 199, 1001, 5003}) assert_true(round_trip_is_identical(rows));
}

// A state with `value` at byte `at` is refused, and leaves a channel that has learned nothing.
template <typename T>
bool refused(std::size_t at, T value) {
  Shown shown(5, 1.0);
  Rng rng(7);
  shown.learn_noise(500, rng);
  std::vector<std::byte> bytes = saved(shown.channel);
  std::memcpy(bytes.data() + at, &value, sizeof(value));
  std::span<const std::byte> in(bytes);
  return !shown.channel.load(in) && saved(shown.channel) == saved(GrossChannel(5, 1.0));
}

void a_damaged_state_is_refused(void**) {
  constexpr std::size_t kTails = 5 * ParetoTail::kBins * sizeof(float);
  for (const float bad : {-1.0f, 1e30f, std::numeric_limits<float>::quiet_NaN()}) assert_true(refused(4 * 17, bad));
  // What a sample is worth, of five features, and how many were learned; then the first average.
  for (std::size_t i = 0; i < 7; ++i) assert_true(refused(kTails + 8 * i, std::numeric_limits<double>::quiet_NaN()));
  for (const std::size_t i : {0u, 5u, 6u, 7u, 8u}) assert_true(refused(kTails + 8 * i, -1.0));
  assert_true(refused(kTails, 1.5));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(nothing_that_matters_to_the_largest_is_left_out),
    cmocka_unit_test(one_rare_feature_among_twenty_is_found_and_named),
    cmocka_unit_test(a_tenth_of_the_budget_is_its_own_and_less_at_long_intervals),
    cmocka_unit_test(averages_see_a_small_shift_that_lasts),
    cmocka_unit_test(there_are_no_averages_where_rows_are_far_apart),
    cmocka_unit_test(how_often_episodes_are_seen_is_believed_after_an_hour_or_two),
    cmocka_unit_test(a_round_trip_gives_identical_surprises_from_then_on),
    cmocka_unit_test(a_damaged_state_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
