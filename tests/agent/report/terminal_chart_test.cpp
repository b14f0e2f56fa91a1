#include "agent/report/terminal_chart.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::Chart;
using epsilond::agent::ChartPoint;
using epsilond::agent::draw_chart;
using epsilond::agent::draw_sparkline;
using epsilond::agent::is_odd;
using epsilond::agent::TextStyle;

namespace {

constexpr TextStyle kAscii{false, false};
constexpr TextStyle kColour{true, true};
constexpr double kAbsent = __builtin_nan("");

// A chart that was drawn, and what it was drawn from.
struct Drawing {
  std::vector<ChartPoint> points;
  Chart chart;
  std::string text;

  void draw(const TextStyle& style) {
    chart.points = points;
    text = draw_chart(chart, style);
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      all.push_back(text.substr(at, text.find('\n', at) - at));
    return all;
  }
  std::size_t line_count() const { return lines().size(); }
  std::size_t widest() const {
    std::size_t most = 0;
    for (const std::string& line : lines()) most = std::max(most, line.size());
    return most;
  }
  std::size_t count(char c) const { return static_cast<std::size_t>(std::count(text.begin(), text.end(), c)); }
  bool has(std::string_view what) const { return text.find(what) != std::string::npos; }
  char at(std::size_t row, std::size_t column) const {
    const std::string line = lines()[row];
    return column < line.size() ? line[column] : ' ';
  }
  bool column_is_blank(std::size_t column, std::size_t rows) const {
    for (std::size_t row = 0; row < rows; ++row)
      if (at(row, column) != ' ') return false;
    return true;
  }
};

// Sixty seconds of 10, of which 9 .. 11 is usual.
int setup(void** state) {
  auto* drawing = new Drawing;
  for (int i = 0; i < 60; ++i) drawing->points.push_back({1795305600.0 + i, 10.0});
  drawing->chart.unit = "1";
  drawing->chart.low = 9.0;
  drawing->chart.high = 11.0;
  drawing->chart.columns = 70;
  drawing->chart.rows = 12;
  *state = drawing;
  return 0;
}
int teardown(void** state) {
  delete static_cast<Drawing*>(*state);
  return 0;
}
Drawing& get(void** state) { return *static_cast<Drawing*>(*state); }

void it_has_the_lines_and_columns_that_were_asked_for(void** state) {
  Drawing& drawing = get(state);
  drawing.draw(kAscii);
  assert_int_equal(drawing.line_count(), 12);
  assert_int_equal(drawing.widest(), 70);
  assert_false(drawing.has("\033"));
  drawing.chart.columns = drawing.chart.rows = 1;
  drawing.draw(kAscii);
  assert_int_equal(drawing.line_count(), epsilond::agent::kLeastRows);
  assert_int_equal(drawing.widest(), epsilond::agent::kLeastColumns);
}

void a_value_that_never_moves_is_a_line_in_its_dotted_band(void** state) {
  Drawing& drawing = get(state);
  drawing.draw(kAscii);
  assert_int_equal(drawing.count('"') + drawing.count('_'), 60);
  assert_true(drawing.count('.') > 60);
  assert_int_equal(drawing.count('!'), 0);
}

void the_axis_tells_the_times_of_its_ends_and_its_middle(void** state) {
  Drawing& drawing = get(state);
  drawing.chart.utc_offset = std::chrono::hours(1);
  drawing.draw(kAscii);
  assert_true(drawing.has("01:00:00"));
  assert_true(drawing.has("01:00:29"));
  assert_true(drawing.has("01:00:59\n"));
  drawing.points.back().time_s += 90000.0;
  drawing.draw(kAscii);
  assert_true(drawing.has("11-22 01:00"));
  assert_true(drawing.has("11-23 02:00\n"));
}

void what_is_odd_stands_out_with_and_without_colour(void** state) {
  Drawing& drawing = get(state);
  drawing.points[30].value = 30.0;
  drawing.draw(kAscii);
  assert_int_equal(drawing.count('!'), 1);
  drawing.draw(kColour);
  assert_true(drawing.has("\033[31m"));
  drawing.points[30].value = 11.5;
  drawing.draw(kColour);
  assert_false(drawing.has("\033[31m"));
}

void a_column_shows_the_lowest_and_the_highest_of_its_time(void** state) {
  Drawing& drawing = get(state);
  drawing.points.clear();
  for (int i = 0; i < 6000; ++i) drawing.points.push_back({1795305600.0 + i, i % 2 == 0 ? 0.0 : 100.0});
  drawing.chart.low = drawing.chart.high = kAbsent;
  drawing.draw(kAscii);
  for (std::size_t row = 1; row + 2 < 11; ++row) assert_int_equal(drawing.at(row, 40), '#');
}

void absent_values_and_gaps_leave_blanks(void** state) {
  Drawing& drawing = get(state);
  drawing.chart.low = drawing.chart.high = kAbsent;
  for (std::size_t i = 20; i < 30; ++i) drawing.points[i].value = kAbsent;
  drawing.points.erase(drawing.points.begin() + 40, drawing.points.begin() + 50);
  drawing.draw(kAscii);
  assert_true(drawing.column_is_blank(10 + 25, 11));
  assert_true(drawing.column_is_blank(10 + 45, 11));
  assert_false(drawing.column_is_blank(10 + 15, 11));
}

void nothing_at_all_can_be_drawn_too(void** state) {
  Drawing& drawing = get(state);
  drawing.points.clear();
  drawing.draw(kAscii);
  assert_int_equal(drawing.line_count(), 12);
  drawing.points.assign(1, {1795305600.0, kAbsent});
  drawing.chart.low = drawing.chart.high = kAbsent;
  drawing.draw(kAscii);
  assert_int_equal(drawing.line_count(), 12);
  drawing.points.assign(2, {1795305600.0, 5.0});  // no time passes
  drawing.draw(kAscii);
  assert_int_equal(drawing.line_count(), 12);
}

bool sparkline_is(const std::vector<double>& values, double low, double high, std::size_t columns,
                  const TextStyle& style, std::string_view expected) {
  return draw_sparkline(values, low, high, columns, style) == expected;
}

void a_sparkline_has_eight_levels(void**) {
  assert_true(sparkline_is({0, 1, 2, 3, 4, 5, 6, 7}, kAbsent, kAbsent, 8, kAscii, "_.-=+*%#"));
  assert_true(sparkline_is({0, 7}, kAbsent, kAbsent, 2, {false, true}, "\u2581\u2588"));
  assert_true(sparkline_is({3, 3}, kAbsent, kAbsent, 2, kAscii, "__"));
}

void a_sparkline_shows_of_each_part_what_is_farthest_from_usual(void**) {
  assert_true(sparkline_is({5, 5, 5, 10, 5, 5, 5, 0}, 4, 6, 2, kAscii, "#_"));
}

void a_sparkline_leaves_out_what_is_absent(void**) {
  assert_true(sparkline_is({0, kAbsent, 7}, kAbsent, kAbsent, 3, kAscii, "_ #"));
  assert_true(sparkline_is({}, 0, 1, 4, kAscii, "    "));
  assert_true(sparkline_is({1}, kAbsent, kAbsent, 2, kAscii, " _"));
}

void a_sparkline_is_red_where_it_is_odd(void**) {
  assert_true(sparkline_is({1, 100}, 0, 2, 2, kColour, "\u2581\033[31m\u2588\033[0m"));
}

void odd_begins_at_half_the_band_beyond_it(void**) {
  assert_false(is_odd(10.0, 0.0, 10.0));
  assert_false(is_odd(15.0, 0.0, 10.0));
  assert_true(is_odd(15.1, 0.0, 10.0));
  assert_true(is_odd(-5.1, 0.0, 10.0));
  assert_false(is_odd(kAbsent, 0.0, 10.0));
  assert_false(is_odd(1e9, kAbsent, kAbsent));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(it_has_the_lines_and_columns_that_were_asked_for, setup, teardown),
    cmocka_unit_test_setup_teardown(a_value_that_never_moves_is_a_line_in_its_dotted_band, setup, teardown),
    cmocka_unit_test_setup_teardown(the_axis_tells_the_times_of_its_ends_and_its_middle, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_odd_stands_out_with_and_without_colour, setup, teardown),
    cmocka_unit_test_setup_teardown(a_column_shows_the_lowest_and_the_highest_of_its_time, setup, teardown),
    cmocka_unit_test_setup_teardown(absent_values_and_gaps_leave_blanks, setup, teardown),
    cmocka_unit_test_setup_teardown(nothing_at_all_can_be_drawn_too, setup, teardown),
    cmocka_unit_test(a_sparkline_has_eight_levels),
    cmocka_unit_test(a_sparkline_shows_of_each_part_what_is_farthest_from_usual),
    cmocka_unit_test(a_sparkline_leaves_out_what_is_absent),
    cmocka_unit_test(a_sparkline_is_red_where_it_is_odd),
    cmocka_unit_test(odd_begins_at_half_the_band_beyond_it),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
