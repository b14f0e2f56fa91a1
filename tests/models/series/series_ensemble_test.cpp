#include "models/series/series_ensemble.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "tests/support/golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::SeriesEnsemble;
using epsilond::tests::Rng;

namespace {

constexpr double kWeekS = 604800.0;
constexpr double kStartS = 1.7e9;

// A day's wave with noise, every five minutes.
struct Bed {
  explicit Bed(double interval = 300.0, std::uint64_t seed = 1) : interval_s(interval), ensemble(interval), rng(seed) {}
  double next() {
    time_s += interval_s;
    return 100.0 + 30.0 * std::sin(2.0 * M_PI * time_s / 86400.0) + rng.normal();
  }
  double step() {
    const double value = next();
    return ensemble.push(time_s, value);
  }
  void run(int values) {
    for (int i = 0; i < values; ++i) step();
  }
  double interval_s;
  SeriesEnsemble ensemble;
  Rng rng;
  double time_s = kStartS;
};

double worst_difference_from_numpy(const char* name, double interval_s) {
  SeriesEnsemble ensemble(interval_s);
  double worst = 0.0;
  for (const std::vector<double>& row : epsilond::tests::read_golden(name)) {
    const double score = ensemble.push(row[0], row[1]);
    worst = std::fmax(worst, std::fabs(score - row[2]) / std::fmax(row[2], 1e-3));
  }
  return worst;
}

// Both sum the same numbers in another order: a z-score differs by 1e-16 times the largest value over its sigma, about
// 1e4 in "rough", and by some hundred roundings; a bin of a histogram would have to be hit that closely to matter.
void scores_equal_those_of_an_independent_program(void**) {
  assert_near(worst_difference_from_numpy("series_daily.csv", 300.0), 0.0, 1e-10, 0);
  assert_near(worst_difference_from_numpy("series_minutes.csv", 60.0), 0.0, 1e-10, 0);
  assert_near(worst_difference_from_numpy("series_rough.csv", 1800.0), 0.0, 1e-10, 0);
}

bool asked_twice_it_says_the_same_as_pushed() {
  Bed pushed;
  Bed asked;
  for (int i = 0; i < 1000; ++i) {
    const double value = asked.next();
    const double first = asked.ensemble.score(asked.time_s, value);
    static_cast<void>(asked.ensemble.score(asked.time_s + 3600.0, 2.0 * value));
    if (asked.ensemble.score(asked.time_s, value) != first) return false;
    asked.ensemble.advance(asked.time_s, value);
    asked.ensemble.learn();
    asked.ensemble.learn();
    if (pushed.step() != first) return false;
  }
  return asked.ensemble.learned() == 1000;
}

void scoring_changes_nothing_and_a_value_is_learned_once(void**) {
  assert_true(asked_twice_it_says_the_same_as_pushed());
}

struct Odd {
  double usual, spike, shift, quiet;  // scores
};

Odd odd_scores() {
  Odd odd{};
  Bed bed;
  bed.run(4000);
  for (int i = 0; i < 500; ++i) odd.usual = std::fmax(odd.usual, bed.step());
  odd.spike = bed.ensemble.score(bed.time_s + 300.0, 500.0);
  for (int i = 0; i < 12; ++i) {
    const double value = bed.next();
    odd.shift = std::fmax(odd.shift, bed.ensemble.push(bed.time_s, value + 25.0));
  }
  Bed flat;
  flat.run(4000);
  for (int i = 0; i < 48; ++i) {
    flat.next();
    odd.quiet = std::fmax(odd.quiet, flat.ensemble.push(flat.time_s, 100.0));
  }
  return odd;
}

void spikes_shifts_and_flat_stretches_are_odd(void**) {
  const Odd odd = odd_scores();
  assert_true(odd.usual < 1.15);
  assert_true(odd.spike > 1.15);
  assert_true(odd.shift > 1.15);
  assert_true(odd.quiet > 1.15);
}

// The scores of values 600 .. 1000 where the time of every one from the 500th on is another, minus the plain ones.
template <typename Time>
double change_by_time(Time time) {
  Bed bed;
  SeriesEnsemble other(300.0);
  double change = 0.0;
  for (int i = 0; i < 1000; ++i) {
    const double value = bed.next();
    const double score = bed.ensemble.push(bed.time_s, value);
    const double changed = other.push(i < 500 ? bed.time_s : time(bed.time_s), value);
    change = std::fmax(change, std::fabs(changed - score));
  }
  return change;
}

void time_selects_the_hour_of_the_week_and_nothing_else(void**) {
  assert_near(change_by_time([](double time_s) { return time_s + 3.0 * kWeekS; }), 0.0, 0, 0);
  assert_near(change_by_time([](double time_s) { return time_s - 500.0 * kWeekS; }), 0.0, 0, 0);
  assert_near(change_by_time([](double time_s) { return 3600.0 * std::floor(time_s / 3600.0); }), 0.0, 0, 0);
  assert_true(change_by_time([](double time_s) { return time_s + 6.0 * 3600.0; }) > 0.0);
}

bool repeated_backward_and_broken_times_are_survived() {
  Bed bed;
  bed.run(300);
  Rng rng(3);
  for (int i = 0; i < 2000; ++i) {
    const double times[] = {kStartS, kStartS - 1e9 * rng.uniform(), 1e300, -1e300, NAN, INFINITY, -0.5, 0.0};
    const double score = bed.ensemble.push(times[rng.below(8)], rng.normal());
    if (!(score >= 0.0 && score < 20.0)) return false;
  }
  return true;
}

void any_time_leads_to_a_finite_score(void**) { assert_true(repeated_backward_and_broken_times_are_survived()); }

bool non_finite_values_leave_no_trace() {
  Bed plain;
  Bed broken;
  for (int i = 0; i < 600; ++i) {
    if (i % 7 == 0) {
      for (const double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY), -static_cast<double>(INFINITY)})
        if (broken.ensemble.push(broken.time_s, bad) != 0.0) return false;
    }
    if (plain.step() != broken.step()) return false;
  }
  return true;
}

void a_value_that_is_not_finite_is_left_out(void**) { assert_true(non_finite_values_leave_no_trace()); }

bool huge_values_leave_finite_scores() {
  Bed bed;
  bed.run(200);
  Rng rng(4);
  for (int i = 0; i < 2000; ++i) {
    const double values[] = {1.7e308, -1.7e308, 5e-324, 0.0, 1e150};
    if (!std::isfinite(bed.ensemble.push(bed.next(), values[rng.below(5)]))) return false;
  }
  std::vector<std::byte> state(bed.ensemble.state_bytes());
  bed.ensemble.save(state);
  return bed.ensemble.load(state);
}

void the_largest_values_lead_to_finite_scores_and_tables(void**) { assert_true(huge_values_leave_finite_scores()); }

double change_by_unit(double one_unit, double other_unit) {
  Bed bed;
  SeriesEnsemble other(300.0);
  double change = 0.0;
  for (int i = 0; i < 2000; ++i) {
    const double value = bed.next();
    const double score = bed.ensemble.push(bed.time_s, one_unit * value);
    change = std::fmax(change, std::fabs(score - other.push(bed.time_s, other_unit * value)));
  }
  return change;
}

// The lowest scale of 1e-9 has a unit: it is felt most where the first difference of means meets a scale of 1e-3 times
// a 337th of itself, by 1e-4 of what a difference of 3 says of it, and by 1e-10 where the difference is 3e6.
void the_unit_of_the_series_does_not_matter(void**) {
  assert_near(change_by_unit(1.0, 0x1p20), 0.0, 1e-4, 0);
  assert_near(change_by_unit(0x1p20, 0x1p40), 0.0, 1e-9, 0);
  assert_near(change_by_unit(1.0, -1.0), 0.0, 0, 0);
}

bool tables_stand_still() {
  Bed bed;
  bed.run(1000);
  const SeriesEnsemble::Expectation before = bed.ensemble.expectation(kStartS);
  for (int i = 0; i < 500; ++i) bed.ensemble.advance(bed.time_s, bed.next() + 1000.0);
  const SeriesEnsemble::Expectation after = bed.ensemble.expectation(kStartS);
  return bed.ensemble.learned() == 1000 && before.mean == after.mean && before.sd == after.sd;
}

double score_after_an_unlearned_incident(int values_since) {
  Bed bed;
  bed.run(3000);
  for (int i = 0; i < 24; ++i) bed.ensemble.advance(bed.time_s, bed.next() + 1000.0);
  for (int i = 0; i < values_since; ++i) {
    const double value = bed.next();
    bed.ensemble.advance(bed.time_s, value);
  }
  return bed.ensemble.score(bed.time_s + 300.0, bed.next());
}

void advancing_moves_the_windows_and_teaches_nothing(void**) {
  assert_true(tables_stand_still());
  assert_true(score_after_an_unlearned_incident(0) > 1.15);
  assert_true(score_after_an_unlearned_incident(400) < 1.15);
}

struct Repeated {
  double first, second;  // scores of the same spike, the first of which was not learned
};

Repeated repeated_spike() {
  Bed bed;
  bed.run(3000);
  Repeated repeated{};
  repeated.first = bed.ensemble.score(bed.time_s + 300.0, 500.0);
  bed.ensemble.advance(bed.time_s + 300.0, 500.0);
  bed.run(600);
  repeated.second = bed.ensemble.score(bed.time_s + 300.0, 500.0);
  return repeated;
}

void a_spike_that_was_not_learned_is_no_record_the_second_time(void**) {
  const Repeated repeated = repeated_spike();
  assert_true(repeated.second > 1.15);
  assert_true(repeated.second < 0.9 * repeated.first);
}

int values_opening(bool learned) {
  Bed bed;
  int opening = 0;
  for (int i = 0; i < 500; ++i) {
    const double value = bed.next();
    if (bed.ensemble.opening()) ++opening;
    bed.ensemble.advance(bed.time_s, value);
    if (learned || !bed.ensemble.opening()) bed.ensemble.learn();
  }
  return opening;
}

void an_hour_of_each_difference_must_be_learned_before_it_counts(void**) {
  assert_int_equal(values_opening(true), 24);
  assert_int_equal(values_opening(false), 500 - 240);
}

void the_expected_value_follows_the_hour(void**) {
  struct Expectations {
    SeriesEnsemble::Expectation new_born, high, low;
  };
  const Expectations expected = [] {
    Bed bed;
    Expectations result;
    result.new_born = bed.ensemble.expectation(kStartS);
    bed.run(288 * 20);
    const double midnight_s = 86400.0 * std::floor(kStartS / 86400.0);
    result.high = bed.ensemble.expectation(midnight_s + 6.2 * 3600.0);
    result.low = bed.ensemble.expectation(midnight_s + 18.2 * 3600.0);
    return result;
  }();
  assert_near(expected.new_born.mean, 0.0, 0, 0);
  assert_true(expected.new_born.sd > 0.0);
  // The wave in that hour lies above 0.96 of its height; offsets are shrunk by a tenth.
  assert_near(expected.high.mean, 130.0, 5.0, 0);
  assert_near(expected.low.mean, 70.0, 5.0, 0);
}

std::vector<std::byte> saved(const SeriesEnsemble& ensemble) {
  std::vector<std::byte> bytes(ensemble.state_bytes());
  ensemble.save(bytes);
  return bytes;
}

bool round_trip_is_identical(double interval_s, int values, std::uint64_t seed) {
  Bed original(interval_s, seed);
  original.run(values);
  const auto copy = std::make_unique<SeriesEnsemble>(interval_s);
  copy->push(0.0, 1e6);
  if (!copy->load(saved(original.ensemble))) return false;
  for (int i = 0; i < 500; ++i) {
    const double value = original.next();
    if (copy->push(original.time_s, value) != original.ensemble.push(original.time_s, value)) return false;
  }
  return saved(original.ensemble) == saved(*copy);
}

void a_round_trip_gives_identical_scores_from_then_on(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const int values : {0, 1, 50, 1500}) assert_true(round_trip_is_identical(300.0, values, seed));
  assert_true(round_trip_is_identical(86400.0, 40, seed));
}

// Is the state of 1500 values refused without a trace once `value` stands at byte `at`?
template <typename T>
bool refused(Bed& writer, std::size_t at, T value) {
  std::vector<std::byte> bytes = saved(writer.ensemble);
  std::memcpy(bytes.data() + at, &value, sizeof value);
  Bed reader;
  reader.run(20);
  const std::vector<std::byte> before = saved(reader.ensemble);
  return !reader.ensemble.load(bytes) && saved(reader.ensemble) == before;
}

// Byte offsets of the parts of the state.
constexpr std::size_t kTables = 24;
constexpr std::size_t kTableDoubles = 4 + 48 + 336 + 5 * 50 + 3 * (4 + 48 + 50) + 3 + 2;
constexpr std::size_t kTails = kTables + 8 * kTableDoubles;
constexpr std::size_t kWindows = kTails + 9 * 768 * 4;

std::size_t first_accepted_nan_in_tables() {
  Bed writer;
  writer.run(1500);
  for (std::size_t i = 0; i < kTableDoubles; i += 1 + i % 5)
    if (!refused(writer, kTables + 8 * i, std::numeric_limits<double>::quiet_NaN())) return i;
  return kTableDoubles;
}

void no_table_with_a_nan_is_accepted(void**) { assert_int_equal(first_accepted_nan_in_tables(), kTableDoubles); }

void damaged_states_are_refused_whole(void**) {
  Bed* const writer = new Bed;
  writer->run(1500);
  const bool checks[] = {
      refused(*writer, 0, 60.0),                                     // another interval
      refused(*writer, 8, std::numeric_limits<double>::infinity()),  // the origin
      refused(*writer, 16, std::uint64_t{1499}),                     // values learned
      refused(*writer, kTables + 8 * 4 + 8 * 24, -1.0),              // a count
      refused(*writer, kTails + 4 * 767, std::uint32_t{77}),         // a tail of more values than were learned
      refused(*writer, kWindows, std::uint64_t{3}),                  // values pushed
      refused(*writer, kWindows + 8, std::uint64_t{48}),             // since a rebuild
      refused(*writer, kWindows + 16, std::numeric_limits<double>::quiet_NaN()),
      refused(*writer, saved(writer->ensemble).size() - 8, std::numeric_limits<double>::quiet_NaN()),
      !writer->ensemble.load(std::vector<std::byte>(10)),
  };
  delete writer;
  for (const bool check : checks) assert_true(check);
}

std::size_t bytes_at(double interval_s) { return SeriesEnsemble(interval_s).memory_bytes(); }

void memory_is_bounded_whatever_the_interval(void**) {
  assert_true(bytes_at(300.0) < 48 * 1024);
  assert_true(bytes_at(60.0) < 60 * 1024);
  assert_true(bytes_at(1e9) < 48 * 1024);
  assert_int_equal(bytes_at(1e-9), bytes_at(SeriesEnsemble::kSmallestIntervalS));
}

void a_reset_ensemble_is_as_new(void**) {
  const bool same = [] {
    Bed used;
    used.run(700);
    used.ensemble.reset();
    return saved(used.ensemble) == saved(SeriesEnsemble(300.0));
  }();
  assert_true(same);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(scores_equal_those_of_an_independent_program),
    cmocka_unit_test(scoring_changes_nothing_and_a_value_is_learned_once),
    cmocka_unit_test(spikes_shifts_and_flat_stretches_are_odd),
    cmocka_unit_test(time_selects_the_hour_of_the_week_and_nothing_else),
    cmocka_unit_test(any_time_leads_to_a_finite_score),
    cmocka_unit_test(a_value_that_is_not_finite_is_left_out),
    cmocka_unit_test(the_largest_values_lead_to_finite_scores_and_tables),
    cmocka_unit_test(the_unit_of_the_series_does_not_matter),
    cmocka_unit_test(advancing_moves_the_windows_and_teaches_nothing),
    cmocka_unit_test(a_spike_that_was_not_learned_is_no_record_the_second_time),
    cmocka_unit_test(an_hour_of_each_difference_must_be_learned_before_it_counts),
    cmocka_unit_test(the_expected_value_follows_the_hour),
    cmocka_unit_test(a_round_trip_gives_identical_scores_from_then_on),
    cmocka_unit_test(no_table_with_a_nan_is_accepted),
    cmocka_unit_test(damaged_states_are_refused_whole),
    cmocka_unit_test(memory_is_bounded_whatever_the_interval),
    cmocka_unit_test(a_reset_ensemble_is_as_new),
};
EPSILOND_TEST_MAIN(kTests)
