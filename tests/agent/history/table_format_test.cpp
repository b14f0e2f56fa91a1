#include "agent/history/table_format.h"

#include <cstring>
#include <string_view>

#include "tests/agent/history/table_fate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace std::string_view_literals;
using epsilond::agent::detect_table_format;
using epsilond::agent::parse_table_format;
using epsilond::agent::TableFormat;
using epsilond::platform::ErrorCode;
using epsilond::tests::Fate;
using epsilond::tests::of_format;
using epsilond::tests::read_files;

namespace {

constexpr std::string_view kCsv = "timestamp,a\n1700000000,1\n";
constexpr std::string_view kTsv = "timestamp\ta\n1700000000\t1\n";
constexpr std::string_view kPrmon = "Time\twtime\tstime\tutime\tpss\n1700000000\t1\t0\t0\t5116\n";
constexpr std::string_view kRrd = "                          value\n\n920804700: nan\n920805000: 4.0e-02\n";
constexpr std::string_view kSar = "# hostname;interval;timestamp;proc/s\nvm;1;2026-11-22 02:26:07 UTC;68.00\n";

void the_content_tells_the_format(void**) {
  const struct {
    std::string_view text;
    TableFormat format;
  } kCases[] = {
      {kCsv, TableFormat::kCsv},
      {kTsv, TableFormat::kTsv},
      {kPrmon, TableFormat::kPrmon},
      {kRrd, TableFormat::kRrd},
      {kSar, TableFormat::kSar},
      {"a\n1\n", TableFormat::kCsv},
      {"", TableFormat::kCsv},
      {"\n\r\n\na\tb\n1\t2\n", TableFormat::kTsv},
      {"\xEF\xBB\xBF# hostname;interval;timestamp;a\n", TableFormat::kSar},
      {"vm;-1;2026-11-22 02:30:36 UTC;LINUX-RESTART\t(2 CPU)\n", TableFormat::kSar},
      {"vm;-1;2026-11-22 02:30:36 UTC;COM x\n", TableFormat::kSar},
      {"  a b\r\n\r\n920804700: 1 2\r\n", TableFormat::kRrd},
      {"920804700: 1 2\n", TableFormat::kRrd},
      {"pss Time   rss swap\n1 2 3 4\n", TableFormat::kPrmon},
      // A column named Time, or one that prmon has too, does not make it prmon's.
      {"Time\tload\tswap\n1\t2\t3\n", TableFormat::kTsv},
      {"pss\trss\tswap\tvmem\n1\t2\t3\t4\n", TableFormat::kTsv},
      {"Time,wtime,stime,utime,pss\n1,2,3,4,5\n", TableFormat::kCsv},
      // A time of day is no row of rrdtool, nor is a csv whose cells end in a colon.
      {"when what\n10:00 1\n", TableFormat::kCsv},
      {"a,b\n12: ,1\n", TableFormat::kCsv},
  };
  for (const auto& entry : kCases) assert_int_equal(detect_table_format(entry.text), entry.format);
}

void every_format_is_read_without_being_named(void**) {
  for (const std::string_view text : {kCsv, kTsv, kPrmon, kRrd, kSar}) {
    const Fate fate = read_files({text});
    assert_true(fate.opened);
    assert_true(fate.rows >= 1);
    assert_int_equal(fate.malformed, 0);
  }
}

void a_wrong_format_named_is_bad_data_and_says_what_it_looks_like(void**) {
  const struct {
    TableFormat named;
    std::string_view text;
    const char* error;
  } kCases[] = {
      {TableFormat::kCsv, kTsv, "this is not csv: the content looks like tsv"},
      {TableFormat::kTsv, kCsv, "this is not tsv: the content looks like csv"},
      {TableFormat::kCsv, kPrmon, "this is not csv: the content looks like prmon's text output"},
      {TableFormat::kTsv, kPrmon, "this is not tsv: the content looks like prmon's text output"},
      {TableFormat::kCsv, kRrd, "this is not csv: the content looks like the output of rrdtool fetch"},
      {TableFormat::kCsv, kSar, "this is not csv: the content looks like the output of sadf -d"},
      {TableFormat::kPrmon, kCsv, "this is not prmon's text output: the content looks like csv"},
      {TableFormat::kRrd, kSar,
       "this is not the output of rrdtool fetch: the content looks like the output of sadf -d"},
      {TableFormat::kSar, kRrd,
       "this is not the output of sadf -d: the content looks like the output of rrdtool fetch"},
      {TableFormat::kSar, "a;b\n1;2\n",
       "this is not the output of sadf -d: the content looks like text with semicolons"},
      {TableFormat::kRrd, "hello\n",
       "this is not the output of rrdtool fetch: the content looks like text without columns"},
      {TableFormat::kSar, "", "the file is empty"},
      {TableFormat::kAuto, "\n\n", "the file is empty"},
      {TableFormat::kRrd,
       "RRD\0"
       "0003\0\0"sv,
       "this is the database itself: give the output of 'rrdtool fetch FILE AVERAGE'"},
      {TableFormat::kAuto, "\x96\xD5\x75\x21",
       "this is sysstat's binary file: give the output of 'sadf -d FILE -- -A'"},
      {TableFormat::kPrmon,
       "\xFF\xFE"
       "a",
       "the text is UTF-16: convert it to UTF-8"},
      {TableFormat::kSar, "# hostname;\0\n"sv, "the header holds a NUL byte: not a text file"},
  };
  for (const auto& entry : kCases) {
    const Fate fate = read_files({entry.text}, of_format(entry.named));
    assert_false(fate.opened);
    assert_int_equal(fate.code, ErrorCode::kMalformed);
    assert_string_equal(fate.error, entry.error);
  }
}

void a_header_with_commas_and_tabs_is_what_it_is_said_to_be(void**) {
  assert_string_equal(read_files({"a\tb,c\n1,2\n"}, of_format(TableFormat::kCsv)).names, "a\tb|c");
  assert_string_equal(read_files({"a\tb,c\n1\t2\n"}, of_format(TableFormat::kTsv)).names, "a|b,c");
}

void one_column_is_csv_as_well_as_tsv(void**) {
  assert_int_equal(read_files({"a\n1\n"}, of_format(TableFormat::kTsv)).rows, 1);
  assert_int_equal(read_files({"a\n1\n"}, of_format(TableFormat::kCsv)).rows, 1);
}

void every_word_of_the_option_is_understood(void**) {
  const char* const kWords[] = {"auto", "csv", "tsv", "prmon", "rrd", "sar"};
  for (const char* word : kWords) {
    assert_true(parse_table_format(word).has_value());
    assert_non_null(std::strstr(epsilond::agent::kTableFormatWords, word));
  }
  assert_false(parse_table_format("CSV").has_value());
  assert_false(parse_table_format("").has_value());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_content_tells_the_format),
    cmocka_unit_test(every_format_is_read_without_being_named),
    cmocka_unit_test(a_wrong_format_named_is_bad_data_and_says_what_it_looks_like),
    cmocka_unit_test(a_header_with_commas_and_tabs_is_what_it_is_said_to_be),
    cmocka_unit_test(one_column_is_csv_as_well_as_tsv),
    cmocka_unit_test(every_word_of_the_option_is_understood),
};
EPSILOND_TEST_MAIN(kTests)
