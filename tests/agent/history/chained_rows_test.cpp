#include "agent/history/chained_rows.h"

#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/agent/history/table_fate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::TableFormat;
using epsilond::platform::ErrorCode;
using epsilond::tests::Fate;
using epsilond::tests::of_format;
using epsilond::tests::only_columns;
using epsilond::tests::read_files;
using epsilond::tests::read_paths;

namespace {

void rows_count_on_over_the_files(void**) {
  const Fate fate = read_files({"timestamp,a,label\n100,1,0\n200,2,0\n", "timestamp,a,label\n150,3,1\n"});
  assert_int_equal(fate.rows, 3);
  assert_int_equal(fate.counted_rows, 3);
  assert_int_equal(fate.numbers[2], 2);
  assert_near(fate.times[2], 150, 0, 0);
  assert_near(fate.values[2][0], 3, 0, 0);
  assert_int_equal(fate.labels[2], 1);
  assert_string_equal(fate.notes, "");
}

void columns_are_matched_by_name(void**) {
  const Fate fate = read_files({"a,b\n1,2\n", "b,a\n3,4\n"});
  assert_string_equal(fate.names, "a|b");
  assert_near(fate.values[1][0], 4, 0, 0);
  assert_near(fate.values[1][1], 3, 0, 0);
}

void a_missing_column_is_absent_and_said(void**) {
  const Fate fate = read_files({"timestamp,a,b\n100,1,2\n", "a\n3\n"});
  assert_int_equal(fate.rows, 2);
  assert_near(fate.values[1][0], 3, 0, 0);
  assert_true(std::isnan(fate.values[1][1]));
  assert_true(std::isnan(fate.times[1]));
  assert_string_equal(fate.notes, "b: absent here, in the first file: timestamp, b");
}

void an_additional_column_is_ignored_and_said(void**) {
  const Fate fate = read_files({"a\n1\n", "timestamp,c,a\n100,7,2\n"});
  assert_string_equal(fate.names, "a");
  assert_near(fate.values[1][0], 2, 0, 0);
  assert_true(std::isnan(fate.times[1]));
  assert_string_equal(fate.notes, "b: ignored, not in the first file: timestamp, c");
}

void a_column_that_the_first_file_ignores_is_not_said_again(void**) {
  const Fate fate = read_files({"host,a\nweb1,1\n", "a,host\n2,web2\n"});
  assert_string_equal(fate.ignored, "host");
  assert_string_equal(fate.notes, "");
  assert_int_equal(fate.rows, 2);
}

void a_file_without_any_of_the_columns_is_an_error_that_names_it(void**) {
  const Fate fate = read_files({"timestamp,a\n100,1\n", "timestamp,a\n100,1\n", "timestamp,b\n200,2\n"});
  assert_false(fate.opened);
  assert_int_equal(fate.code, ErrorCode::kMalformed);
  assert_string_equal(fate.error, "it has none of the columns of the first file");
  assert_int_equal(fate.malformed_file, 'c');
}

void wanted_columns_are_looked_for_in_the_first_file(void**) {
  const Fate good = read_files({"a,b\n1,2\n", "b\n3\n"}, only_columns({"b"}));
  assert_int_equal(good.rows, 2);
  assert_string_equal(good.notes, "");
  const Fate bad = read_files({"a\n1\n", "a,b\n1,3\n"}, only_columns({"b"}));
  assert_int_equal(bad.code, ErrorCode::kInvalid);
  assert_int_equal(bad.malformed_file, 'a');
}

void text_where_the_first_file_has_numbers_is_malformed(void**) {
  const Fate fate = read_files({"a\n1\n2\n", "a\nx\n3\n"});
  assert_int_equal(fate.rows, 3);
  assert_int_equal(fate.malformed, 1);
  assert_int_equal(fate.malformed_file, 'b');
  assert_int_equal(fate.malformed_line, 2);
  assert_int_equal(fate.malformed_row, 2);
  assert_int_equal(fate.numbers[2], 3);
}

void any_unusable_file_is_an_error_that_names_it(void**) {
  const struct {
    std::string_view text;
    const char* error;
  } kCases[] = {
      {"", "the file is empty"},
      {"a,b\n", "there is no row below the header"},
      {"a,a\n1,2\n", "the header names the column 'a' twice"},
      {"a\tb\n1\t2\n", "the content looks like tsv, but the first file is csv"},
      {"Time wtime pss\n1 2 3\n", "the content looks like prmon's text output, but the first file is csv"},
      {"# hostname;interval;timestamp;a\nvm;1;1;1\n",
       "the content looks like the output of sadf -d, but the first file is csv"},
  };
  for (const auto& entry : kCases) {
    const Fate fate = read_files({"a,b\n1,2\n", entry.text, "a,b\n1,2\n"});
    assert_false(fate.opened);
    assert_int_equal(fate.code, ErrorCode::kMalformed);
    assert_string_equal(fate.error, entry.error);
    assert_int_equal(fate.malformed_file, 'b');
  }
}

void each_file_must_be_of_the_format_that_was_named(void**) {
  const Fate fate = read_files({"a,b\n1,2\n", "a\tb\n1\t2\n"}, of_format(TableFormat::kCsv));
  assert_string_equal(fate.error, "this is not csv: the content looks like tsv");
  assert_int_equal(fate.malformed_file, 'b');
}

void prmon_files_are_one_stream(void**) {
  const Fate fate = read_files({"Time\twtime\tpss\trss\n100\t1\t5\t6\n", "Time\twtime\trss\tpss\n200\t1\t7\t8\n"});
  assert_string_equal(fate.names, "pss|rss");
  assert_int_equal(fate.rows, 2);
  assert_near(fate.times[1], 200, 0, 0);
  assert_near(fate.values[1][0], 8, 0, 0);
  assert_near(fate.values[1][1], 7, 0, 0);
}

void sar_files_are_one_stream(void**) {
  const Fate fate = read_files({"# hostname;interval;timestamp;DEV;tps\nvm;1;100;sda;1\nvm;1;100;sdb;2\n",
                                "# hostname;interval;timestamp;a\nvm;1;200;9\n"
                                "# hostname;interval;timestamp;DEV;tps\nvm;1;200;sdb;3\nvm;1;300;sdb;4\n"});
  assert_string_equal(fate.names, "sda.tps|sdb.tps");
  assert_int_equal(fate.rows, 3);
  assert_int_equal(fate.numbers[2], 2);
  assert_near(fate.values[1][1], 3, 0, 0);
  assert_true(std::isnan(fate.values[1][0]));
  assert_string_equal(fate.notes, "b: absent here, in the first file: sda.tps|b: ignored, not in the first file: a");
}

// printf 'a,b\n1,2\n3,4\n' | gzip -n
constexpr unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4b,
                                   0xd4, 0x49, 0xe2, 0x32, 0xd4, 0x31, 0xe2, 0x32, 0xd6, 0x31, 0xe1,
                                   0x02, 0x00, 0xe5, 0xe9, 0xd6, 0xce, 0x0c, 0x00, 0x00, 0x00};

void compressed_and_plain_files_may_be_mixed(void**) {
  const std::string_view gzip(reinterpret_cast<const char*>(kGzip), sizeof kGzip);
  const Fate fate = read_files({gzip, "a,b\n5,6\n", gzip});
  assert_int_equal(fate.rows, 5);
  assert_near(fate.values[4][1], 4, 0, 0);
}

// The second of three files shrinks after it was opened, so that its last rows cannot be read.
Fate read_a_file_that_shrinks(char* blamed, std::size_t size) {
  std::string rows = "a\n";
  for (int i = 0; i < 400000; ++i) rows += "1\n";
  const epsilond::tests::TempFile first("a\n1\n");
  const epsilond::tests::TempFile second(rows);
  const std::vector<std::string> paths = {first.path(), second.path(), first.path()};
  std::string failed;
  auto opened = epsilond::agent::open_rows(paths, {}, failed);
  Fate fate;
  if (::truncate(second.path(), 1000) != 0) std::abort();
  epsilond::tests::drain(**opened, paths, fate);
  epsilond::tests::copy_text(second.path(), blamed, size);
  return fate;
}

void a_read_error_names_its_file(void**) {
  char blamed[64];
  const Fate fate = read_a_file_that_shrinks(blamed, sizeof blamed);
  assert_true(fate.read_error);
  assert_int_equal(fate.code, ErrorCode::kIo);
  assert_memory_equal(fate.error, blamed, std::strlen(blamed));
  assert_non_null(std::strstr(fate.error, ": the file became shorter while it was read"));
}

struct Passes {
  std::uint64_t rows[2] = {};
  std::uint64_t malformed[2] = {};
  double half_progress = 0.0;
};

Passes read_twice() {
  const epsilond::tests::TempFile first("a\n1\n2\nx\n");
  const epsilond::tests::TempFile second("a\n3\ny\n5\n");
  const std::string paths[] = {first.path(), second.path()};
  std::string failed;
  auto rows = epsilond::agent::open_rows(paths, {}, failed);
  Passes passes;
  for (int pass = 0; pass < 2; ++pass) {
    epsilond::agent::TableRow row;
    while ((*rows)->next(row) != epsilond::agent::RowStatus::kEnd)
      if ((*rows)->rows() == 3) passes.half_progress = (*rows)->progress();
    passes.rows[pass] = (*rows)->rows();
    passes.malformed[pass] = (*rows)->malformed_rows();
    (*rows)->rewind();
  }
  return passes;
}

void a_second_pass_sees_the_same(void**) {
  const Passes passes = read_twice();
  for (int pass = 0; pass < 2; ++pass) {
    assert_int_equal(passes.rows[pass], 6);
    assert_int_equal(passes.malformed[pass], 2);
  }
  assert_near(passes.half_progress, 0.5, 0, 0);
}

Fate read_standard_input_twice() {
  const std::vector<std::string> paths = {"-", "-"};
  return read_paths(paths, {});
}

void standard_input_can_be_named_once_only(void**) {
  const Fate fate = read_standard_input_twice();
  assert_int_equal(fate.code, ErrorCode::kInvalid);
  assert_string_equal(fate.error, "is given twice, and can be read only once");
}

Fate read_many(std::size_t count) {
  const epsilond::tests::TempFile file("a\n1\n");
  const std::vector<std::string> paths(count, file.path());
  return read_paths(paths, {});
}

void as_many_files_as_promised_can_be_read(void**) {
  assert_int_equal(read_many(epsilond::agent::kMaxRowFiles).rows, 500);
  const Fate fate = read_many(epsilond::agent::kMaxRowFiles + 1);
  assert_int_equal(fate.code, ErrorCode::kInvalid);
  assert_string_equal(fate.error, "at most 500 files, 501 given");
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(rows_count_on_over_the_files),
    cmocka_unit_test(columns_are_matched_by_name),
    cmocka_unit_test(a_missing_column_is_absent_and_said),
    cmocka_unit_test(an_additional_column_is_ignored_and_said),
    cmocka_unit_test(a_column_that_the_first_file_ignores_is_not_said_again),
    cmocka_unit_test(a_file_without_any_of_the_columns_is_an_error_that_names_it),
    cmocka_unit_test(wanted_columns_are_looked_for_in_the_first_file),
    cmocka_unit_test(text_where_the_first_file_has_numbers_is_malformed),
    cmocka_unit_test(any_unusable_file_is_an_error_that_names_it),
    cmocka_unit_test(each_file_must_be_of_the_format_that_was_named),
    cmocka_unit_test(prmon_files_are_one_stream),
    cmocka_unit_test(sar_files_are_one_stream),
    cmocka_unit_test(compressed_and_plain_files_may_be_mixed),
    cmocka_unit_test(a_read_error_names_its_file),
    cmocka_unit_test(a_second_pass_sees_the_same),
    cmocka_unit_test(standard_input_can_be_named_once_only),
    cmocka_unit_test(as_many_files_as_promised_can_be_read),
};
EPSILOND_TEST_MAIN(kTests)
