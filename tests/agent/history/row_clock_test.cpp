#include "agent/history/row_clock.h"

#include <initializer_list>
#include <optional>

#include "agent/history/table_clock.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::RowClock;
using epsilond::agent::TableClock;
using epsilond::agent::TableRow;

namespace {

TableRow row_at(std::uint64_t number, std::optional<double> time_s) {
  TableRow row;
  row.row = number;
  row.has_time = time_s.has_value();
  row.time_s = time_s.value_or(0.0);
  return row;
}

struct Walk {
  double elapsed_s = 0.0;  // of the last row
  double time_s = 0.0;
  std::uint64_t not_later = 0;
};

// Goes along rows at these times; NaN is a row without a time.
Walk walk(std::optional<double> step_s, double nominal_s, std::initializer_list<std::optional<double>> times) {
  RowClock clock(step_s, nominal_s);
  std::uint64_t number = 0;
  for (const std::optional<double>& time_s : times) clock.advance(row_at(number++, time_s));
  return {clock.elapsed_s(), clock.time_s(), clock.rows_not_later()};
}

void the_first_row_lasts_one_interval(void**) { assert_near(walk(60.0, 1.0, {1000.0}).elapsed_s, 60.0, 0, 0); }

void a_gap_is_a_gap(void**) { assert_near(walk(60.0, 1.0, {1000.0, 8200.0}).elapsed_s, 7200.0, 0, 0); }

void a_repeated_time_is_one_interval_and_counted(void**) {
  const Walk repeated = walk(60.0, 1.0, {1000.0, 1000.0});
  assert_near(repeated.elapsed_s, 60.0, 0, 0);
  assert_near(repeated.time_s, 1000.0, 0, 0);
  assert_int_equal(repeated.not_later, 1);
}

void a_time_that_goes_back_is_one_interval_and_the_clock_goes_on_from_there(void**) {
  const Walk back = walk(60.0, 1.0, {1000.0, 1060.0, 400.0});
  assert_near(back.elapsed_s, 60.0, 0, 0);
  assert_int_equal(back.not_later, 1);
  const Walk on = walk(60.0, 1.0, {1000.0, 1060.0, 400.0, 460.0});
  assert_near(on.elapsed_s, 60.0, 0, 0);
  assert_int_equal(on.not_later, 1);
}

void a_row_without_a_time_is_one_interval_later(void**) {
  const Walk missing = walk(60.0, 1.0, {1000.0, std::nullopt});
  assert_near(missing.time_s, 1060.0, 0, 0);
  assert_int_equal(missing.not_later, 0);
}

void without_a_clock_rows_are_intervals_from_zero(void**) {
  RowClock clock(std::nullopt, 5.0);
  clock.advance(row_at(0, std::nullopt));
  clock.advance(row_at(3, std::nullopt));  // two malformed rows in between
  assert_near(clock.time_s(), 15.0, 0, 0);
  assert_near(clock.elapsed_s(), 15.0, 0, 0);
}

bool is_calendar(const char* name, double first_s, double step_s) {
  TableClock clock;
  for (int i = 0; i < 3; ++i) clock.add(row_at(static_cast<std::uint64_t>(i), first_s + step_s * i));
  return clock.is_calendar(name);
}

void only_times_that_may_be_unix_times_are_a_calendar(void**) {
  assert_true(is_calendar("timestamp", 0.0, 60.0));
  assert_true(is_calendar("t", 1.7e9, 60.0));
  assert_false(is_calendar("t", 0.0, 60.0));
  assert_false(is_calendar("t", 0.0, 1.0));
  assert_false(TableClock().is_calendar("timestamp"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_first_row_lasts_one_interval),
    cmocka_unit_test(a_gap_is_a_gap),
    cmocka_unit_test(a_repeated_time_is_one_interval_and_counted),
    cmocka_unit_test(a_time_that_goes_back_is_one_interval_and_the_clock_goes_on_from_there),
    cmocka_unit_test(a_row_without_a_time_is_one_interval_later),
    cmocka_unit_test(without_a_clock_rows_are_intervals_from_zero),
    cmocka_unit_test(only_times_that_may_be_unix_times_are_a_calendar),
};
EPSILOND_TEST_MAIN(kTests)
