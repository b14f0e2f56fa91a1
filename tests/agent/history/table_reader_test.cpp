#include "agent/history/table_reader.h"

#include <cmath>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/agent/history/table_fate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::TableFormat;
using epsilond::platform::ErrorCode;
using epsilond::tests::Fate;
using epsilond::tests::read;
using epsilond::tests::read_columns;
using epsilond::tests::read_format;

namespace {

void numeric_columns_are_features_in_the_order_of_the_file(void**) {
  const Fate fate = read("b,a\n1,2\n3.5,-4e2\n");
  assert_string_equal(fate.names, "b|a");
  assert_int_equal(fate.rows, 2);
  assert_near(fate.values[1][0], 3.5, 0, 0);
  assert_near(fate.values[1][1], -400, 0, 0);
}

void time_and_label_are_never_features(void**) {
  const Fate fate = read("timestamp,a,label\n1700000000,1,0\n1700000060,2,1\n");
  assert_string_equal(fate.names, "a");
  assert_near(fate.times[1], 1700000060, 0, 0);
  assert_int_equal(fate.labels[0], 0);
  assert_int_equal(fate.labels[1], 1);
}

void t_is_time_where_there_is_no_timestamp(void**) { assert_near(read("t,a\n5,1\n").times[0], 5, 0, 0); }

void t_beside_a_timestamp_is_ignored_and_named(void**) {
  const Fate fate = read("t,timestamp,a\n1,1700000000,3\n");
  assert_string_equal(fate.names, "a");
  assert_string_equal(fate.ignored, "t");
  assert_near(fate.times[0], 1700000000, 0, 0);
}

void dates_are_time_and_kept_as_written(void**) {
  const Fate fate = read("timestamp,a\n2024-02-29 12:34:56,1\n2024-02-29 12:35:56,2\r\n");
  assert_int_equal(fate.rows, 2);
  assert_near(fate.times[0], 1709210096, 0, 0);
  assert_string_equal(fate.time_text[1], "2024-02-29 12:35:56");
}

void a_date_in_the_last_column_may_end_with_crlf(void**) {
  const Fate fate = read("a,timestamp\r\n1,2024-02-29 12:34:56\r\n");
  assert_int_equal(fate.rows, 1);
  assert_string_equal(fate.time_text[0], "2024-02-29 12:34:56");
}

void text_columns_are_ignored_and_named(void**) {
  const Fate fate = read("host,a,note\nweb1,1,x\nweb2,2,\n");
  assert_string_equal(fate.names, "a");
  assert_string_equal(fate.ignored, "host|note");
  assert_int_equal(fate.rows, 2);
}

void a_column_without_a_name_is_ignored(void**) { assert_string_equal(read(",a\n0,1\n1,2\n").names, "a"); }

void empty_cells_and_nan_are_absent(void**) {
  const Fate fate = read("a,b,c\n1,,nan\nNaN,2,\n,,\n");
  assert_int_equal(fate.rows, 3);
  assert_int_equal(fate.malformed, 0);
  assert_near(fate.values[0][0], 1, 0, 0);
  assert_true(std::isnan(fate.values[0][1]) && std::isnan(fate.values[0][2]) && std::isnan(fate.values[1][0]));
  assert_near(fate.values[1][1], 2, 0, 0);
  assert_true(std::isnan(fate.values[2][0]) && std::isnan(fate.values[2][1]) && std::isnan(fate.values[2][2]));
}

void an_empty_time_or_label_is_absent(void**) {
  const Fate fate = read("timestamp,a,label\n,1,\n");
  assert_int_equal(fate.rows, 1);
  assert_true(std::isnan(fate.times[0]));
  assert_int_equal(fate.labels[0], -1);
}

void quoted_cells_hold_separators_and_quotes(void**) {
  const Fate fate = read("\"a,\"\"x\"\"\",b\n\"1\",\"2.5\"\n");
  assert_string_equal(fate.names, "a,\"x\"|b");
  assert_near(fate.values[0][1], 2.5, 0, 0);
}

void a_quoted_cell_may_hold_a_line_end(void**) {
  const Fate fate = read("note,a\n\"two\nlines\",1\n\"x\r\ny\n\",2\nz,oops\n");
  assert_int_equal(fate.rows, 2);
  assert_near(fate.values[1][0], 2, 0, 0);
  assert_int_equal(fate.malformed_line, 7);
  assert_int_equal(fate.malformed_row, 2);
}

void an_open_quote_costs_its_own_line_only(void**) {
  const Fate fate = read("a,b\n1,\"2\n3,4\n5,6\n");
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.malformed, 1);
  assert_int_equal(fate.malformed_line, 2);
  assert_string_equal(fate.reason, "a quote is not closed");
  assert_near(fate.values[0][0], 3, 0, 0);
}

void text_behind_a_closing_quote_is_malformed(void**) {
  assert_string_equal(read("a,b\n\"1\"x,2\n3,4\n").reason, "text after a closing quote");
}

void a_byte_order_mark_is_skipped(void**) {
  assert_string_equal(read("\xEF\xBB\xBF"
                           "a,b\n1,2\n")
                          .names,
                      "a|b");
}

void crlf_and_a_missing_last_line_end_are_fine(void**) {
  const Fate fate = read("a,b\r\n1,2\r\n3,4");
  assert_int_equal(fate.rows, 2);
  assert_near(fate.values[1][1], 4, 0, 0);
}

void a_last_line_that_ends_in_a_comma_has_an_absent_cell(void**) {
  const Fate fate = read("a,b\n3,");
  assert_int_equal(fate.rows, 1);
  assert_true(std::isnan(fate.values[0][1]));
}

void blank_lines_are_no_rows(void**) {
  const Fate fate = read("\na,b\n\n1,2\n\r\n3,4\n\n");
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.malformed, 0);
  assert_int_equal(fate.numbers[1], 1);
}

void ragged_rows_are_malformed_and_keep_their_number(void**) {
  const Fate fate = read("a,b\n1,2\n1\n1,2,3\n5,6\n");
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.malformed, 2);
  assert_int_equal(fate.malformed_line, 3);
  assert_int_equal(fate.malformed_row, 1);
  assert_string_equal(fate.reason, "1 cell, 2 columns in the header");
  assert_int_equal(fate.numbers[1], 3);
}

void a_nul_byte_spoils_its_row(void**) {
  const Fate fate = read(std::string_view("n,a\nx,1\nx\0y,2\nz,3\n", 18));
  assert_int_equal(fate.rows, 2);
  assert_string_equal(fate.reason, "a NUL byte");
}

void infinite_and_huge_numbers_are_malformed(void**) {
  const Fate fate = read("a\n1\ninf\n1e300\n2\n");
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.malformed, 2);
  assert_string_equal(fate.reason, "a 'inf' is infinite");
}

void a_column_that_turns_to_text_makes_malformed_rows(void**) {
  const Fate fate = read("a,b\n1,2\n2,3\n3,oops\n");
  assert_string_equal(fate.names, "a|b");
  assert_string_equal(fate.reason, "b 'oops' is not a number");
}

Fate read_column_that_turns_to_text_late() {
  std::string text = "a,b\n";
  for (int i = 0; i < 60000; ++i) text += i < 50000 ? "1,2\n" : "1,oops\n";
  return read(text);
}

void a_column_that_turns_to_text_late_costs_each_row_from_there(void**) {
  const Fate fate = read_column_that_turns_to_text_late();
  assert_int_equal(fate.rows, 50000);
  assert_int_equal(fate.malformed, 10000);
  assert_int_equal(fate.malformed_row, 50000);
  assert_int_equal(fate.malformed_line, 50002);
}

void times_that_repeat_or_go_back_stay_in_the_order_of_the_file(void**) {
  const Fate fate = read("timestamp,a\n300,1\n300,2\n100,3\n200,4\n");
  assert_int_equal(fate.rows, 4);
  assert_int_equal(fate.malformed, 0);
  const double kTimes[] = {300, 300, 100, 200};
  for (std::size_t i = 0; i < 4; ++i) {
    assert_near(fate.times[i], kTimes[i], 0, 0);
    assert_near(fate.values[i][0], 1.0 + static_cast<double>(i), 0, 0);
  }
}

Fate read_with_late_column(const char* late) {
  std::string text = "a,late\n";
  for (int i = 0; i < 1500; ++i) text += "1,\n";
  return read(text + "2," + late + "\n");
}

void a_column_that_begins_late_is_told_by_its_first_value(void**) {
  assert_string_equal(read_with_late_column("3").names, "a|late");
  const Fate fate = read_with_late_column("disk full");
  assert_string_equal(fate.ignored, "late");
  assert_int_equal(fate.malformed, 0);
}

void a_text_in_the_first_row_does_not_hide_a_column_of_numbers(void**) {
  const Fate fate = read("a\nn/a\n1\n2\n");
  assert_string_equal(fate.names, "a");
  assert_int_equal(fate.malformed, 1);
}

void a_bad_label_or_time_is_malformed(void**) {
  assert_string_equal(read("a,label\n1,2\n").reason, "label '2' is neither 0 nor 1");
  assert_string_equal(read("timestamp,a\nnoon,2\n").reason,
                      "timestamp 'noon' is neither epoch seconds nor YYYY-MM-DD HH:MM:SS");
}

void a_line_that_is_too_long_is_malformed(void**) {
  static char text[3 * 1024 * 1024];
  std::memset(text, '1', sizeof text);
  std::memcpy(text, "a\n5\n", 4);
  std::memcpy(text + sizeof text - 3, "\n7\n", 3);
  const Fate fate = read(std::string_view(text, sizeof text));
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.malformed, 1);
  assert_near(fate.values[1][0], 7, 0, 0);
  assert_string_equal(fate.reason, "the line is longer than 1048576 bytes");
}

void tabs_are_found_by_the_header(void**) {
  const Fate fate = read("a\tb\tc,d\n1\t2\t3\n");
  assert_string_equal(fate.names, "a|b|c,d");
  assert_near(fate.values[0][1], 2, 0, 0);
}

void the_format_can_be_forced(void**) {
  assert_string_equal(read_format("a\tb,c\n1,2\n", TableFormat::kCsv).names, "a\tb|c");
  assert_string_equal(read_format("a,b\tc\n1\t2\n", TableFormat::kTsv).names, "a,b|c");
}

void wanted_columns_come_in_the_wanted_order(void**) {
  const Fate fate = read_columns("a,b,c\n1,2,3\n", "c", "a");
  assert_string_equal(fate.names, "c|a");
  assert_near(fate.values[0][0], 3, 0, 0);
  assert_near(fate.values[0][1], 1, 0, 0);
}

void a_wanted_column_that_is_not_there_is_named_with_the_closest(void**) {
  const Fate fate = read_columns("latency_ms,b\n1,2\n", "latency", nullptr);
  assert_int_equal(fate.code, ErrorCode::kInvalid);
  assert_string_equal(fate.error, "there is no column 'latency': did you mean 'latency_ms'?");
}

void a_wanted_column_must_hold_numbers_and_not_be_time(void**) {
  assert_int_equal(read_columns("a,b\n1,x\n", "b", nullptr).code, ErrorCode::kMalformed);
  assert_int_equal(read_columns("t,b\n1,2\n", "t", nullptr).code, ErrorCode::kInvalid);
  assert_int_equal(read_columns("a,b\n1,2\n", "a", "a").code, ErrorCode::kInvalid);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(numeric_columns_are_features_in_the_order_of_the_file),
    cmocka_unit_test(time_and_label_are_never_features),
    cmocka_unit_test(t_is_time_where_there_is_no_timestamp),
    cmocka_unit_test(t_beside_a_timestamp_is_ignored_and_named),
    cmocka_unit_test(dates_are_time_and_kept_as_written),
    cmocka_unit_test(a_date_in_the_last_column_may_end_with_crlf),
    cmocka_unit_test(text_columns_are_ignored_and_named),
    cmocka_unit_test(a_column_without_a_name_is_ignored),
    cmocka_unit_test(empty_cells_and_nan_are_absent),
    cmocka_unit_test(an_empty_time_or_label_is_absent),
    cmocka_unit_test(quoted_cells_hold_separators_and_quotes),
    cmocka_unit_test(a_quoted_cell_may_hold_a_line_end),
    cmocka_unit_test(an_open_quote_costs_its_own_line_only),
    cmocka_unit_test(text_behind_a_closing_quote_is_malformed),
    cmocka_unit_test(a_byte_order_mark_is_skipped),
    cmocka_unit_test(crlf_and_a_missing_last_line_end_are_fine),
    cmocka_unit_test(a_last_line_that_ends_in_a_comma_has_an_absent_cell),
    cmocka_unit_test(blank_lines_are_no_rows),
    cmocka_unit_test(ragged_rows_are_malformed_and_keep_their_number),
    cmocka_unit_test(a_nul_byte_spoils_its_row),
    cmocka_unit_test(infinite_and_huge_numbers_are_malformed),
    cmocka_unit_test(a_column_that_turns_to_text_makes_malformed_rows),
    cmocka_unit_test(a_column_that_turns_to_text_late_costs_each_row_from_there),
    cmocka_unit_test(times_that_repeat_or_go_back_stay_in_the_order_of_the_file),
    cmocka_unit_test(a_column_that_begins_late_is_told_by_its_first_value),
    cmocka_unit_test(a_text_in_the_first_row_does_not_hide_a_column_of_numbers),
    cmocka_unit_test(a_bad_label_or_time_is_malformed),
    cmocka_unit_test(a_line_that_is_too_long_is_malformed),
    cmocka_unit_test(tabs_are_found_by_the_header),
    cmocka_unit_test(the_format_can_be_forced),
    cmocka_unit_test(wanted_columns_come_in_the_wanted_order),
    cmocka_unit_test(a_wanted_column_that_is_not_there_is_named_with_the_closest),
    cmocka_unit_test(a_wanted_column_must_hold_numbers_and_not_be_time),
};
EPSILOND_TEST_MAIN(kTests)
