// prmon's text output: the header and rows are in the form of https://github.com/HSF/prmon, README and example-plots.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/agent/history/table_fate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace std::string_view_literals;
using epsilond::agent::TableFormat;
using epsilond::platform::ErrorCode;
using epsilond::tests::Fate;
using epsilond::tests::of_format;
using epsilond::tests::only_columns;
using epsilond::tests::read_files;

namespace {

constexpr std::string_view kRun =
    "Time\twtime\tstime\tutime\tpss\trss\tswap\tvmem\trchar\tread_bytes\twchar\twrite_bytes\trx_bytes\trx_packets\t"
    "tx_bytes\ttx_packets\tnprocs\tnthreads\n"
    "1527669447\t1\t0\t0\t5116\t5816\t0\t35036\t749220\t3526656\t0\t0\t2421\t11\t668\t4\t2\t2\n"
    "1527669478\t32\t6\t7\t379469\t385508\t0\t929804\t21411819\t272224256\t1091256\t69632\t9089738\t7021\t348583\t2560"
    "\t5\t9\n"
    "1527669509\t63\t9\t35\t606184\t612136\t0\t1141284\t25304018\t304214016\t1110936\t94208\t13165396\t10074\t489931"
    "\t3602\t5\t9\n";

void every_metric_is_a_feature_in_the_order_of_the_file(void**) {
  const Fate fate = read_files({kRun});
  assert_string_equal(fate.names,
                      "stime|utime|pss|rss|swap|vmem|rchar|read_bytes|wchar|write_bytes|rx_bytes|rx_packets|tx_bytes|"
                      "tx_packets|nprocs|nthreads");
  assert_int_equal(fate.rows, 3);
  assert_near(fate.values[1][2], 379469, 0, 0);
}

void time_is_epoch_seconds_and_no_feature(void**) {
  const Fate fate = read_files({kRun});
  assert_near(fate.times[2], 1527669509, 0, 0);
  assert_string_equal(fate.time_text[2], "1527669509");
}

void counters_stay_as_they_are_counted(void**) {
  const Fate fate = read_files({kRun}, only_columns({"utime", "rchar", "tx_packets"}));
  assert_near(fate.values[2][0], 35, 0, 0);
  assert_near(fate.values[2][1], 25304018, 0, 0);
  assert_near(fate.values[2][2], 3602, 0, 0);
}

void the_clock_of_the_run_is_left_out_and_said(void**) {
  assert_string_equal(read_files({kRun}).notes,
                      "a: wtime is the clock of the run, so no feature; --columns can name it");
}

void the_clock_of_the_run_can_be_asked_for(void**) {
  const Fate fate = read_files({kRun}, only_columns({"wtime"}));
  assert_near(fate.values[1][0], 32, 0, 0);
  assert_string_equal(fate.notes, "");
}

void columns_may_come_in_any_order_and_between_blanks(void**) {
  const Fate fate = read_files({"gpufbmem  pss   Time rss swap\n  7 8  1700000000    9 10\n"});
  assert_string_equal(fate.names, "gpufbmem|pss|rss|swap");
  assert_near(fate.times[0], 1700000000, 0, 0);
  assert_near(fate.values[0][1], 8, 0, 0);
}

void time_cannot_be_asked_for(void**) {
  assert_int_equal(read_files({kRun}, only_columns({"Time"})).code, ErrorCode::kInvalid);
}

Fate read_below_header(std::string_view rows) { return read_files({"Time\twtime\tpss\trss\n" + std::string(rows)}); }

void bad_rows_are_malformed_and_say_why(void**) {
  const struct {
    const char* row;
    const char* reason;
  } kCases[] = {
      {"1700000001\t2\t3\n", "3 cells, 4 columns in the header"},
      {"1700000001\t2\t3\t4\t5\n", "5 cells, 4 columns in the header"},
      {"1700000001\t2\t\t3\n", "3 cells, 4 columns in the header"},  // a cell cannot be empty: the rest would shift
      {"170", "1 cell, 4 columns in the header"},                    // cut while it was written
      {"1700000001\t2\tx\t4\n", "pss 'x' is not a number"},
      {"1700000001\t2\t\"3\"\t4\n", "pss '\"3\"' is not a number"},
      {"1700000001\t2\tinf\t4\n", "pss 'inf' is infinite"},
      {"1700000001\t2\t1e200\t4\n", "pss '1e200' is beyond 1e150"},
      {"noon\t2\t3\t4\n", "Time 'noon' is neither epoch seconds nor YYYY-MM-DD HH:MM:SS"},
      {"Time\twtime\tpss\trss\n", "Time 'Time' is neither epoch seconds nor YYYY-MM-DD HH:MM:SS"},
  };
  for (const auto& entry : kCases) {
    const Fate fate = read_below_header(std::string("1700000000\t1\t2\t3\n") + entry.row);
    assert_int_equal(fate.rows, 1);
    assert_int_equal(fate.malformed, 1);
    assert_int_equal(fate.malformed_line, 3);
    assert_string_equal(fate.reason, entry.reason);
  }
}

void a_nul_byte_spoils_its_row(void**) {
  const Fate fate = read_below_header("1\t2\t3\t4\n1\t2\t3\0\t4\n"sv);
  assert_int_equal(fate.rows, 1);
  assert_string_equal(fate.reason, "a NUL byte");
}

void nan_is_absent(void**) {
  const Fate fate = read_below_header("1700000000\t1\tnan\t3\n");
  assert_int_equal(fate.rows, 1);
  assert_true(std::isnan(fate.values[0][0]));
  assert_near(fate.values[0][1], 3, 0, 0);
}

void line_ends_of_other_systems_are_fine(void**) {
  const Fate fate = read_files({"\xEF\xBB\xBFTime\twtime\tpss\r\n1700000000\t1\t5\r\n\r\n1700000001\t2\t6"});
  assert_string_equal(fate.names, "pss");
  assert_int_equal(fate.rows, 2);
  assert_near(fate.values[1][0], 6, 0, 0);
}

void unusable_files_say_why(void**) {
  assert_string_equal(read_below_header("").error, "there is no row below the header");
  assert_string_equal(read_files({"Time\twtime\tpss\tpss\n1\t2\t3\t4\n"}).error,
                      "the header names the column 'pss' twice");
  assert_string_equal(read_files({"Time\twtime\n1\t2\n"}).error, "no column holds numbers to score");
}

void times_that_repeat_or_go_back_stay_in_the_order_of_the_file(void**) {
  const Fate fate = read_below_header("1700000002\t1\t1\t0\n1700000002\t1\t2\t0\n1700000000\t1\t3\t0\n");
  assert_int_equal(fate.rows, 3);
  assert_int_equal(fate.malformed, 0);
  assert_near(fate.times[1], 1700000002, 0, 0);
  assert_near(fate.times[2], 1700000000, 0, 0);
  assert_near(fate.values[2][0], 3, 0, 0);
}

Fate read_column_that_turns_to_text() {
  std::string rows;
  for (int i = 0; i < 60000; ++i)
    rows += std::to_string(1700000000 + i) + "\t1\t" + (i < 50000 ? "5" : "oops") + "\t7\n";
  return read_below_header(rows);
}

void a_column_that_turns_to_text_makes_malformed_rows(void**) {
  const Fate fate = read_column_that_turns_to_text();
  assert_int_equal(fate.rows, 50000);
  assert_int_equal(fate.malformed, 10000);
  assert_int_equal(fate.malformed_row, 50000);
  assert_int_equal(fate.malformed_line, 50002);
}

// One of the published runs as csv (time first, label last), and the same as prmon writes it.
struct Both {
  bool found = false;
  Fate csv;
  Fate prmon;
};

Both read_published_run() {
  Both both;
  const char* data = std::getenv("EPSILOND_DATA");
  std::FILE* file = data != nullptr ? std::fopen((std::string(data) + "/prmon/hsf_example.csv").c_str(), "r") : nullptr;
  if (file == nullptr) return both;
  std::string csv;
  for (int c; (c = std::fgetc(file)) != EOF;) csv += static_cast<char>(c);
  std::fclose(file);
  std::string text = "Time" + csv.substr(csv.find(','));
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end)) {
    const std::size_t label = text.rfind(',', end);
    text.erase(label, end - label);
    end = label + 1;
  }
  for (char& c : text)
    if (c == ',') c = '\t';
  both.found = true;
  both.csv = read_files({csv});
  both.prmon = read_files({text}, of_format(TableFormat::kPrmon));
  return both;
}

void a_published_run_reads_as_its_csv_without_the_clock(void**) {
  const Both both = read_published_run();
  if (!both.found) {
    print_message("EPSILOND_DATA does not name a folder with prmon/hsf_example.csv: skipped\n");
    skip();
  }
  assert_int_equal(both.prmon.malformed, 0);
  assert_int_equal(both.prmon.rows, both.csv.rows);
  constexpr std::size_t kClock = std::string_view("wtime|").size();
  assert_string_equal(both.prmon.names, both.csv.names + kClock);
  for (std::size_t i = 0; i < 8; ++i) {
    assert_near(both.prmon.times[i], both.csv.times[i], 0, 0);
    assert_near(both.prmon.values[i][0], both.csv.values[i][1], 0, 0);
    assert_near(both.prmon.values[i][1], both.csv.values[i][2], 0, 0);
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(every_metric_is_a_feature_in_the_order_of_the_file),
    cmocka_unit_test(time_is_epoch_seconds_and_no_feature),
    cmocka_unit_test(counters_stay_as_they_are_counted),
    cmocka_unit_test(the_clock_of_the_run_is_left_out_and_said),
    cmocka_unit_test(the_clock_of_the_run_can_be_asked_for),
    cmocka_unit_test(columns_may_come_in_any_order_and_between_blanks),
    cmocka_unit_test(time_cannot_be_asked_for),
    cmocka_unit_test(bad_rows_are_malformed_and_say_why),
    cmocka_unit_test(a_nul_byte_spoils_its_row),
    cmocka_unit_test(nan_is_absent),
    cmocka_unit_test(line_ends_of_other_systems_are_fine),
    cmocka_unit_test(unusable_files_say_why),
    cmocka_unit_test(times_that_repeat_or_go_back_stay_in_the_order_of_the_file),
    cmocka_unit_test(a_column_that_turns_to_text_makes_malformed_rows),
    cmocka_unit_test(a_published_run_reads_as_its_csv_without_the_clock),
};
EPSILOND_TEST_MAIN(kTests)
