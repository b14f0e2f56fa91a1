// Lines as sysstat 12.6 prints them with `sadf -d FILE -- ...`.

#include "agent/history/sar_reader.h"

#include <cmath>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/agent/history/table_fate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace std::string_view_literals;
using epsilond::agent::TableOptions;
using epsilond::platform::ErrorCode;
using epsilond::tests::Fate;
using epsilond::tests::only_columns;
using epsilond::tests::read_files;

namespace {

constexpr std::string_view kBlocks =
    "# hostname;interval;timestamp;CPU;%user;%idle\n"
    "vm;1;2026-11-22 02:26:07 UTC;-1;6.13;69.34\n"
    "vm;1;2026-11-22 02:26:07 UTC;0;1.89;84.91\n"
    "vm;1;2026-11-22 02:26:08 UTC;-1;8.74;48.54\n"
    "vm;1;2026-11-22 02:26:08 UTC;0;0.00;94.17\n"
    "# hostname;interval;timestamp;runq-sz;ldavg-1\n"
    "vm;1;2026-11-22 02:26:07 UTC;1;0.45\n"
    "vm;1;2026-11-22 02:26:08 UTC;2;0.46\n"
    "# hostname;interval;timestamp;DEV;tps;rkB/s\n"
    "vm;1;2026-11-22 02:26:07 UTC;sda;305.00;18228.00\n"
    "vm;1;2026-11-22 02:26:08 UTC;sda;542.00;41360.00\n"
    "vm;1;2026-11-22 02:26:08 UTC;sdb;7.00;8.00\n"
    "# hostname;interval;timestamp;IFACE;rxkB/s\n"
    "vm;1;2026-11-22 02:26:07 UTC;eth0;1.5\n"
    "vm;1;2026-11-22 02:26:08 UTC;eth0;2.5\n";
constexpr double kFirst = 1795314367;  // date -u -d '2026-11-22 02:26:07' +%s

void blocks_are_joined_into_one_row_for_each_time(void**) {
  const Fate fate = read_files({kBlocks}, only_columns({"%idle", "ldavg-1", "eth0.rxkB/s"}));
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.counted_rows, 2);
  assert_near(fate.times[0], kFirst, 0, 0);
  assert_near(fate.times[1], kFirst + 1, 0, 0);
  assert_string_equal(fate.time_text[1], "2026-11-22 02:26:08");
  assert_near(fate.values[0][0], 69.34, 0, 0);
  assert_near(fate.values[0][1], 0.45, 0, 0);
  assert_near(fate.values[1][1], 0.46, 0, 0);
  assert_near(fate.values[1][2], 2.5, 0, 0);
}

void instances_are_told_by_their_names(void**) {
  assert_string_equal(read_files({kBlocks}).names,
                      "%user|%idle|cpu0.%user|cpu0.%idle|runq-sz|ldavg-1|sda.tps|sda.rkB/s|sdb.tps|sdb.rkB/s|"
                      "eth0.rxkB/s");
}

void an_instance_without_a_line_is_absent(void**) {
  const Fate fate = read_files({kBlocks}, only_columns({"sda.tps", "sdb.tps"}));
  assert_near(fate.values[0][0], 305, 0, 0);
  assert_true(std::isnan(fate.values[0][1]));
  assert_near(fate.values[1][1], 7, 0, 0);
}

void interrupts_have_a_value_for_each_cpu(void**) {
  const Fate fate =
      read_files({"# hostname;interval;timestamp;INTR;CPU*\n"
                  "vm;1;1795314367;sum;767.00;269.00;498.00\n"
                  "vm;1;1795314367;36;244.00;0.00;244.00\n"});
  assert_string_equal(fate.names, "sum.all|sum.cpu0|sum.cpu1|intr36.all|intr36.cpu0|intr36.cpu1");
  assert_int_equal(fate.rows, 1);
  assert_near(fate.values[0][2], 498, 0, 0);
}

void the_second_block_with_a_name_gets_a_number(void**) {
  const Fate fate =
      read_files({"# hostname;interval;timestamp;call/s;retrans/s\nvm;1;1795314367;1;2\n"
                  "# hostname;interval;timestamp;atmptf/s;retrans/s\nvm;1;1795314367;3;4\n"});
  assert_string_equal(fate.names, "call/s|retrans/s|atmptf/s|retrans/s#2");
  assert_near(fate.values[0][1], 2, 0, 0);
}

void times_are_utc_epoch_seconds_or_said_to_be_taken_as_utc(void**) {
  const struct {
    const char* time;
    const char* text;
    const char* notes;
  } kCases[] = {
      {"2026-11-22 02:26:07 UTC", "2026-11-22 02:26:07", ""},
      {"1795314367", "1795314367", ""},
      {"2026-11-22 02:26:07", "2026-11-22 02:26:07", "a: times without a zone are taken as UTC"},
      {"2026-11-22 02:26:07 CET", "2026-11-22 02:26:07", "a: times without a zone are taken as UTC"},
  };
  for (const auto& entry : kCases) {
    const Fate fate = read_files({std::string("# hostname;interval;timestamp;a\nvm;1;") + entry.time + ";5\n"});
    assert_int_equal(fate.rows, 1);
    assert_near(fate.times[0], kFirst, 0, 0);
    assert_string_equal(fate.time_text[0], entry.text);
    assert_string_equal(fate.notes, entry.notes);
  }
}

void restarts_and_comments_are_no_rows_and_said(void**) {
  const Fate fate =
      read_files({"# hostname;interval;timestamp;a\nvm;1;100;1\n"
                  "vm;-1;150;COM text; with semicolons\n"
                  "# hostname;interval;timestamp;b\nvm;1;100;2\n"
                  "vm;-1;150;COM text; with semicolons\n"
                  "vm;-1;200;LINUX-RESTART\t(2 CPU)\n"
                  "# hostname;interval;timestamp;a\nvm;1;300;3\n"
                  "# hostname;interval;timestamp;b\nvm;1;300;4\n"});
  assert_string_equal(fate.names, "a|b");
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.malformed, 0);
  assert_near(fate.values[0][1], 2, 0, 0);
  assert_near(fate.values[1][0], 3, 0, 0);
  assert_near(fate.values[1][1], 4, 0, 0);
  assert_string_equal(fate.notes, "a: restarts and comments, which are no rows: 3");
}

void a_file_may_begin_with_a_restart(void**) {
  assert_int_equal(read_files({"vm;-1;90;LINUX-RESTART\t(2 CPU)\n# hostname;interval;timestamp;a\nvm;1;100;1\n"}).rows,
                   1);
}

void outputs_behind_one_another_in_a_file_stay_apart(void**) {
  const Fate fate =
      read_files({"# hostname;interval;timestamp;a\nvm;1;200;1\n# hostname;interval;timestamp;b\n"
                  "vm;1;200;2\n# hostname;interval;timestamp;a\nvm;1;100;3\n"
                  "# hostname;interval;timestamp;b\nvm;1;100;4\n"});
  assert_int_equal(fate.rows, 2);
  assert_near(fate.times[0], 200, 0, 0);
  assert_near(fate.times[1], 100, 0, 0);
  assert_near(fate.values[1][0], 3, 0, 0);
  assert_near(fate.values[1][1], 4, 0, 0);
}

void rows_stay_in_order_where_the_clock_was_set_back(void**) {
  const Fate fate =
      read_files({"# hostname;interval;timestamp;a\nvm;1;200;1\nvm;1;100;2\nvm;1;200;3\n"
                  "# hostname;interval;timestamp;b\nvm;1;200;4\nvm;1;100;5\nvm;1;200;6\n"});
  assert_int_equal(fate.rows, 3);
  assert_int_equal(fate.malformed, 0);
  const double kTimes[] = {200, 100, 200};
  for (std::size_t i = 0; i < 3; ++i) {
    assert_near(fate.times[i], kTimes[i], 0, 0);
    assert_near(fate.values[i][0], 1.0 + static_cast<double>(i), 0, 0);
    assert_near(fate.values[i][1], 4.0 + static_cast<double>(i), 0, 0);
  }
}

void a_time_that_is_repeated_makes_a_row_of_its_own(void**) {
  const Fate fate =
      read_files({"# hostname;interval;timestamp;DEV;a\nvm;1;100;x;1\nvm;1;100;y;2\nvm;1;100;x;3\n"
                  "vm;1;100;y;4\n# hostname;interval;timestamp;b\nvm;1;100;5\nvm;1;100;6\n"});
  assert_int_equal(fate.rows, 2);
  assert_near(fate.values[0][0], 1, 0, 0);
  assert_near(fate.values[0][1], 2, 0, 0);
  assert_near(fate.values[0][2], 5, 0, 0);
  assert_near(fate.values[1][0], 3, 0, 0);
  assert_near(fate.values[1][1], 4, 0, 0);
  assert_near(fate.values[1][2], 6, 0, 0);
}

void text_columns_are_ignored_and_named(void**) {
  const Fate fate = read_files({"# hostname;interval;timestamp;TEMP;DEVICE;degC\nvm;1;100;1;coretemp-isa-0000;40\n"});
  assert_string_equal(fate.names, "temp1.degC");
  assert_string_equal(fate.ignored, "temp1.DEVICE");
}

void empty_values_and_nan_are_absent(void**) {
  const Fate fate = read_files({"# hostname;interval;timestamp;a;b;c\nvm;1;100;1;;nan\n"});
  assert_int_equal(fate.rows, 1);
  assert_near(fate.values[0][0], 1, 0, 0);
  assert_true(std::isnan(fate.values[0][1]) && std::isnan(fate.values[0][2]));
}

void bad_lines_are_malformed_and_say_why(void**) {
  const struct {
    const char* line;
    const char* reason;
  } kCases[] = {
      {"vm;1;200;1\n", "1 value, 2 in the header above"},
      {"vm;1;200;1;2;3\n", "3 values, 2 in the header above"},
      {"vm;1;200\n", "'vm;1;200' is no line of sadf -d"},
      {"hello\n", "'hello' is no line of sadf -d"},
      {"# another remark\n", "'# another remark' is no line of sadf -d"},
      {"vm;1;noon;1;2\n", "'noon' is neither epoch seconds nor YYYY-MM-DD HH:MM:SS"},
      {"vm;1;;1;2\n", "'' is neither epoch seconds nor YYYY-MM-DD HH:MM:SS"},
      {"vm;1;2026-13-22 02:26:07 UTC;1;2\n",
       "'2026-13-22 02:26:07 UTC' is neither epoch seconds nor YYYY-MM-DD HH:MM:SS"},
      {"vm;1;200;x;2\n", "a 'x' is not a number"},
      {"vm;1;200;1,5;2\n", "a '1,5' is not a number"},
      {"vm;1;200;1;inf\n", "b 'inf' is infinite"},
      {"vm;1;200;1;1e200\n", "b '1e200' is beyond 1e150"},
      {"vm;1;200;\"1\";2\n", "a '\"1\"' is not a number"},
  };
  for (const auto& entry : kCases) {
    const Fate fate =
        read_files({std::string("# hostname;interval;timestamp;a;b\nvm;1;100;1;2\n") + entry.line + "vm;1;300;5;6\n"});
    assert_int_equal(fate.rows, 2);
    assert_int_equal(fate.malformed, 1);
    assert_int_equal(fate.counted_rows, 3);
    assert_int_equal(fate.malformed_line, 3);
    assert_string_equal(fate.reason, entry.reason);
    assert_near(fate.values[1][1], 6, 0, 0);
  }
}

void a_line_above_the_first_header_or_behind_a_restart_is_malformed(void**) {
  const Fate fate = read_files({"vm;-1;90;LINUX-RESTART\nvm;1;95;9\n# hostname;interval;timestamp;a\nvm;1;100;1\n"});
  assert_int_equal(fate.rows, 1);
  assert_int_equal(fate.malformed_line, 2);
  assert_string_equal(fate.reason, "no header stands above this line");
}

void a_nul_byte_spoils_its_line(void**) {
  const Fate fate = read_files({"# hostname;interval;timestamp;a\nvm;1;100;1\nvm;1;101;1\0\n"sv});
  assert_int_equal(fate.rows, 1);
  assert_string_equal(fate.reason, "a NUL byte");
}

Fate read_long_line() {
  return read_files({"# hostname;interval;timestamp;a\nvm;1;100;1\n" + std::string(2 * 1024 * 1024, 'x') + "\n"});
}

void a_line_that_is_too_long_is_malformed(void**) {
  const Fate fate = read_long_line();
  assert_int_equal(fate.rows, 1);
  assert_string_equal(fate.reason, "the line is longer than 1048576 bytes");
}

void line_ends_of_other_systems_are_fine(void**) {
  const Fate fate = read_files({"\xEF\xBB\xBF# hostname;interval;timestamp;a;b\r\n\r\nvm;1;100;1;2\r\nvm;1;200;3;4"});
  assert_string_equal(fate.names, "a|b");
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.malformed, 0);
  assert_near(fate.values[1][1], 4, 0, 0);
}

void unusable_files_say_why(void**) {
  const struct {
    std::string_view text;
    ErrorCode code;
    const char* error;
  } kCases[] = {
      {"# hostname;interval;timestamp;a\n", ErrorCode::kMalformed, "there is no row below the header"},
      {"vm;-1;90;LINUX-RESTART\n", ErrorCode::kMalformed, "there is no row below the header"},
      {"# hostname;interval;timestamp;a\nvm;1;100;x\n", ErrorCode::kMalformed, "no column holds numbers to score"},
      {"# hostname;interval;timestamp;CPU;%user[...];DEV;tps[...]\nvm;1;100;-1;2;sda;3\n", ErrorCode::kTooLarge,
       "line 1: instances side by side in one line: leave out the option -h of sadf"},
  };
  for (const auto& entry : kCases) {
    const Fate fate = read_files({entry.text});
    assert_false(fate.opened);
    assert_int_equal(fate.code, entry.code);
    assert_string_equal(fate.error, entry.error);
  }
}

Fate read_instances(int count) {
  std::string text = "# hostname;interval;timestamp;DEV;tps\n";
  for (int i = 0; i < count; ++i) text += "vm;1;100;d" + std::to_string(i) + ";1\n";
  return read_files({text});
}

void more_columns_than_fit_ask_for_columns(void**) {
  assert_int_equal(read_instances(64).features, 64);
  const Fate fate = read_instances(65);
  assert_int_equal(fate.code, ErrorCode::kInvalid);
  assert_string_equal(fate.error, "65 numeric columns, at most 64 are scored: choose with --columns a,b");
}

void columns_without_an_end_are_an_error(void**) {
  const Fate fate = read_instances(65537);
  assert_int_equal(fate.code, ErrorCode::kTooLarge);
  assert_non_null(std::strstr(fate.error, "more than 65536 columns"));
}

void a_wanted_column_that_is_not_there_is_named_with_the_closest(void**) {
  assert_string_equal(read_files({kBlocks}, only_columns({"ldavg-2"})).error,
                      "there is no column 'ldavg-2': did you mean 'ldavg-1'?");
}

std::string many_rows(int rows, bool with_restart) {
  std::string text = "# hostname;interval;timestamp;a\n";
  for (int i = 0; i < rows; ++i) {
    if (with_restart && i == rows / 2) text += "vm;-1;90;LINUX-RESTART\n# hostname;interval;timestamp;a\n";
    text += "vm;1;" + std::to_string(i) + ";1\n";
  }
  return text;
}

// Room for 4096 rows of one feature.
Fate read_with_little_memory(int rows, bool with_restart) {
  TableOptions options;
  options.max_joined_bytes = std::size_t{4096} * (epsilond::agent::SarReader::kRowBytes + 8);
  return read_files({many_rows(rows, with_restart)}, options);
}

void rows_that_fit_in_memory_are_joined(void**) {
  const Fate fate = read_with_little_memory(4096, false);
  assert_false(fate.read_error);
  assert_int_equal(fate.rows, 4096);
}

void one_row_too_many_is_an_error_that_says_what_to_do(void**) {
  const Fate fate = read_with_little_memory(4097, false);
  assert_true(fate.read_error);
  assert_int_equal(fate.code, ErrorCode::kTooLarge);
  assert_non_null(std::strstr(fate.error, "line 4098: more than "));
  assert_non_null(std::strstr(fate.error, "sadf -s, -e"));
}

void a_restart_gives_the_memory_back(void**) {
  const Fate fate = read_with_little_memory(8000, true);
  assert_false(fate.read_error);
  assert_int_equal(fate.rows, 8000);
}

Fate read_column_that_turns_to_text() {
  std::string text = "# hostname;interval;timestamp;a\n";
  for (int i = 0; i < 60000; ++i) text += "vm;1;" + std::to_string(i) + (i < 50000 ? ";5\n" : ";oops\n");
  return read_files({text});
}

void a_column_that_turns_to_text_makes_malformed_rows(void**) {
  const Fate fate = read_column_that_turns_to_text();
  assert_int_equal(fate.rows, 50000);
  assert_int_equal(fate.malformed, 10000);
  assert_int_equal(fate.malformed_line, 50002);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(blocks_are_joined_into_one_row_for_each_time),
    cmocka_unit_test(instances_are_told_by_their_names),
    cmocka_unit_test(an_instance_without_a_line_is_absent),
    cmocka_unit_test(interrupts_have_a_value_for_each_cpu),
    cmocka_unit_test(the_second_block_with_a_name_gets_a_number),
    cmocka_unit_test(times_are_utc_epoch_seconds_or_said_to_be_taken_as_utc),
    cmocka_unit_test(restarts_and_comments_are_no_rows_and_said),
    cmocka_unit_test(a_file_may_begin_with_a_restart),
    cmocka_unit_test(outputs_behind_one_another_in_a_file_stay_apart),
    cmocka_unit_test(rows_stay_in_order_where_the_clock_was_set_back),
    cmocka_unit_test(a_time_that_is_repeated_makes_a_row_of_its_own),
    cmocka_unit_test(text_columns_are_ignored_and_named),
    cmocka_unit_test(empty_values_and_nan_are_absent),
    cmocka_unit_test(bad_lines_are_malformed_and_say_why),
    cmocka_unit_test(a_line_above_the_first_header_or_behind_a_restart_is_malformed),
    cmocka_unit_test(a_nul_byte_spoils_its_line),
    cmocka_unit_test(a_line_that_is_too_long_is_malformed),
    cmocka_unit_test(line_ends_of_other_systems_are_fine),
    cmocka_unit_test(unusable_files_say_why),
    cmocka_unit_test(more_columns_than_fit_ask_for_columns),
    cmocka_unit_test(columns_without_an_end_are_an_error),
    cmocka_unit_test(a_wanted_column_that_is_not_there_is_named_with_the_closest),
    cmocka_unit_test(rows_that_fit_in_memory_are_joined),
    cmocka_unit_test(one_row_too_many_is_an_error_that_says_what_to_do),
    cmocka_unit_test(a_restart_gives_the_memory_back),
    cmocka_unit_test(a_column_that_turns_to_text_makes_malformed_rows),
};
EPSILOND_TEST_MAIN(kTests)
