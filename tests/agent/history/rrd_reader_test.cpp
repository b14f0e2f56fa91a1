#include "agent/history/rrd_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/agent/history/table_fate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace std::string_view_literals;
using epsilond::platform::ErrorCode;
using epsilond::tests::Fate;
using epsilond::tests::only_columns;
using epsilond::tests::read_files;
using epsilond::tests::read_paths;

namespace {

// As rrdtool 1.7 prints them: a step of 60 s, and one of 300 s.
constexpr std::string_view kLoad =
    "                          load1               load5\n\n"
    "1700000040: 1.0000000000e+00 -nan\n"
    "1700000100: 1.6666666667e+00 2.5000000000e-01\n"
    "1700000160: -nan -nan\n";
constexpr std::string_view kMemory =
    "                           used\n\n"
    "1700000100: 8.0000000000e+09\n"
    "1700000400: 9.0000000000e+09\n";

void one_file_has_a_row_for_each_time(void**) {
  const Fate fate = read_files({kLoad});
  assert_string_equal(fate.names, "load1|load5");
  assert_int_equal(fate.rows, 3);
  assert_int_equal(fate.counted_rows, 3);
  assert_near(fate.times[0], 1700000040, 0, 0);
  assert_string_equal(fate.time_text[0], "1700000040");
  assert_near(fate.values[1][0], 1.6666666667, 0, 0);
  assert_near(fate.values[1][1], 0.25, 0, 0);
}

void nan_is_absent(void**) {
  const Fate fate = read_files({kLoad});
  assert_near(fate.values[0][0], 1, 0, 0);
  assert_true(std::isnan(fate.values[0][1]));
  assert_true(std::isnan(fate.values[2][0]) && std::isnan(fate.values[2][1]));
}

void files_are_joined_on_time_and_absent_where_one_has_no_row(void**) {
  const Fate fate = read_files({kMemory, kLoad});
  assert_string_equal(fate.names, "used|load1|load5");
  const struct {
    double time, used, load1;
  } kRows[] = {{1700000040, NAN, 1}, {1700000100, 8e9, 1.6666666667}, {1700000160, NAN, NAN}, {1700000400, 9e9, NAN}};
  assert_int_equal(fate.rows, 4);
  for (std::size_t i = 0; i < 4; ++i) {
    assert_int_equal(fate.numbers[i], i);
    assert_near(fate.times[i], kRows[i].time, 0, 0);
    assert_int_equal(std::isnan(fate.values[i][0]), std::isnan(kRows[i].used));
    assert_int_equal(std::isnan(fate.values[i][1]), std::isnan(kRows[i].load1));
    if (!std::isnan(kRows[i].used)) assert_near(fate.values[i][0], kRows[i].used, 0, 0);
    if (!std::isnan(kRows[i].load1)) assert_near(fate.values[i][1], kRows[i].load1, 0, 0);
  }
}

struct Folder {
  std::string path = "/tmp/epsilond-rrd-XXXXXX";
  std::vector<std::string> files;

  Folder() {
    if (::mkdtemp(path.data()) == nullptr) std::abort();
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    if (std::system(("rm -rf " + path).c_str()) != 0) std::abort();
  }
  void add(const std::string& name, std::string_view text) {
    if (const std::size_t slash = name.rfind('/'); slash != std::string::npos)
      ::mkdir((path + "/" + name.substr(0, slash)).c_str(), 0700);
    files.push_back(path + "/" + name);
    std::FILE* file = std::fopen(files.back().c_str(), "w");
    if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size()) std::abort();
    std::fclose(file);
  }
};

constexpr std::string_view kValue = "  value\n\n920804700: 1\n";

Fate read_named(std::initializer_list<const char*> names) {
  Folder folder;
  for (const char* name : names) folder.add(name, kValue);
  Fate fate = read_paths(folder.files, {});
  // The folder has a name of its own in each run: "D".
  std::string shown = fate.names;
  for (std::size_t at; (at = shown.find(folder.path)) != std::string::npos;) shown.replace(at, folder.path.size(), "D");
  epsilond::tests::copy_text(shown, fate.names, sizeof fate.names);
  return fate;
}

void a_source_that_two_files_name_is_told_by_the_file(void**) {
  assert_string_equal(read_named({"load.txt", "memory.rrd.txt", "swap"}).names,
                      "load.value|memory.rrd.value|swap.value");
}

void files_of_one_name_in_two_folders_are_told_by_the_folder(void**) {
  assert_string_equal(read_named({"a/load.txt", "b/load.txt", "c/memory.txt"}).names,
                      "D/a/load.txt.value|D/b/load.txt.value|memory.value");
}

Fate read_partly_same() {
  Folder folder;
  folder.add("a.txt", "value x\n\n5: 1 2\n");
  folder.add("b.txt", "y value\n\n5: 3 4\n");
  return read_paths(folder.files, {});
}

void only_the_names_that_clash_are_changed(void**) {
  assert_string_equal(read_partly_same().names, "a.value|x|y|b.value");
}

Fate read_the_same_twice() {
  Folder folder;
  folder.add("a.txt", kValue);
  folder.files.push_back(folder.files.front());
  return read_paths(folder.files, {});
}

void the_same_file_twice_is_an_error(void**) {
  const Fate fate = read_the_same_twice();
  assert_int_equal(fate.code, ErrorCode::kInvalid);
  assert_string_equal(fate.error, "is given twice");
}

void columns_can_be_chosen_over_all_files(void**) {
  const Fate fate = read_files({kMemory, kLoad}, only_columns({"load5", "used"}));
  assert_string_equal(fate.names, "load5|used");
  assert_int_equal(fate.rows, 4);
  assert_near(fate.values[1][0], 0.25, 0, 0);
  assert_near(fate.values[1][1], 8e9, 0, 0);
}

void names_that_mean_something_elsewhere_are_plain_sources_here(void**) {
  assert_string_equal(read_files({"t label timestamp\n\n5: 1 2 3\n"}).names, "t|label|timestamp");
}

void bad_rows_are_malformed_and_say_why(void**) {
  const struct {
    const char* row;
    const char* reason;
  } kCases[] = {
      {"200: 1\n", "1 value, 2 data sources in the header"},
      {"200: 1 2 3\n", "3 values, 2 data sources in the header"},
      {"200:\n", "0 values, 2 data sources in the header"},
      {"200 1 2\n", "'200 1 2' is not TIME: VALUE ..."},
      {"200:1 2\n", "'200:1 2' is not TIME: VALUE ..."},
      {"x: 1 2\n", "'x' is not a time in epoch seconds"},
      {"200.5: 1 2\n", "'200.5' is not a time in epoch seconds"},
      {"99999999999999999999: 1 2\n", "'99999999999999999999' is not a time in epoch seconds"},
      {"1700000000000: 1 2\n", "'1700000000000' is not a time in epoch seconds"},  // milliseconds
      {"50: 1 2\n", "the time goes back: 50"},
      {"100: 1 2\n", "the time is repeated: 100"},
      {"200: inf 2\n", "a 'inf' is infinite"},
      {"200: 1 -inf\n", "b '-inf' is infinite"},
      {"200: 1 1e200\n", "b '1e200' is beyond 1e150"},
      {"200: x 2\n", "a 'x' is not a number"},
      {"200: 1,5e+00 2\n", "a '1,5e+00' is not a number"},  // rrdtool in a locale with a decimal comma
      {"200: 1 \"2\"\n", "b '\"2\"' is not a number"},
      {"a b\n", "'a b' is not TIME: VALUE ..."},
  };
  for (const auto& entry : kCases) {
    const Fate fate = read_files({std::string("a b\n\n100: 1 2\n") + entry.row + "300: 5 6\n"});
    assert_int_equal(fate.rows, 2);
    assert_int_equal(fate.malformed, 1);
    assert_int_equal(fate.malformed_line, 4);
    assert_int_equal(fate.malformed_row, 1);
    assert_string_equal(fate.reason, entry.reason);
    assert_near(fate.values[1][1], 6, 0, 0);
  }
}

void a_malformed_row_names_its_file_and_spares_the_others(void**) {
  const Fate fate = read_files({"a\n\n100: 1\n200: 2\n", "b\n\n100: 1\n50: 2\n200: 3\n"});
  assert_int_equal(fate.malformed_file, 'b');
  assert_int_equal(fate.malformed_line, 4);
  assert_int_equal(fate.rows, 2);
  assert_int_equal(fate.counted_rows, 3);
  assert_near(fate.values[1][1], 3, 0, 0);
}

void a_nul_byte_spoils_its_row(void**) {
  const Fate fate = read_files({"a\n\n100: 1\n200: 1\0\n"sv});
  assert_int_equal(fate.rows, 1);
  assert_int_equal(fate.malformed, 1);
}

Fate read_long_line() { return read_files({"a\n\n100: 1\n" + std::string(2 * 1024 * 1024, '1') + "\n200: 2\n"}); }

void a_line_that_is_too_long_is_malformed(void**) {
  const Fate fate = read_long_line();
  assert_int_equal(fate.rows, 2);
  assert_string_equal(fate.reason, "the line is longer than 1048576 bytes");
}

void line_ends_of_other_systems_are_fine(void**) {
  const Fate fate = read_files({"\xEF\xBB\xBF  a b\r\n\r\n100: 1 2\r\n\r\n200: 3 4"});
  assert_string_equal(fate.names, "a|b");
  assert_int_equal(fate.rows, 2);
  assert_near(fate.values[1][1], 4, 0, 0);
}

void unusable_files_say_why_and_which(void**) {
  const struct {
    std::string_view text;
    const char* error;
  } kCases[] = {
      {"", "the file is empty"},
      {"100: 1\n", "the first line must name the data sources"},
      {"a,b\n1,2\n", "the content looks like csv, but the first file is the output of rrdtool fetch"},
      {"a a\n\n100: 1 2\n", "the data source 'a' is named twice"},
  };
  for (const auto& entry : kCases) {
    const Fate fate = read_files({kLoad, entry.text});
    assert_false(fate.opened);
    assert_int_equal(fate.code, ErrorCode::kMalformed);
    assert_string_equal(fate.error, entry.error);
    assert_int_equal(fate.malformed_file, 'b');
  }
}

void a_header_without_rows_is_bad_data(void**) {
  const Fate fate = read_files({"a b\n\n"}, epsilond::tests::of_format(epsilond::agent::TableFormat::kRrd));
  assert_int_equal(fate.code, ErrorCode::kMalformed);
}

struct Passes {
  std::size_t rows[2] = {};
  double sum[2] = {};
  double progress = 0.0;
};

Passes read_large_twice() {
  std::string first = "a\n\n";
  std::string second = "b\n\n";
  for (int i = 1; i <= 60000; ++i) {
    first += std::to_string(10 * i) + ": " + std::to_string(i) + "\n";
    if (i % 3 == 0) second += std::to_string(10 * i + 5 * (i % 2)) + ": 1\n";  // half of them at times of their own
  }
  const epsilond::tests::TempFile a(first);
  const epsilond::tests::TempFile b(second);
  const std::string paths[] = {a.path(), b.path()};
  std::string failed;
  auto rows = epsilond::agent::open_rows(paths, {}, failed);
  Passes passes;
  for (int pass = 0; pass < 2; ++pass) {
    epsilond::agent::TableRow row;
    while ((*rows)->next(row) == epsilond::agent::RowStatus::kRow) {
      ++passes.rows[pass];
      for (Eigen::Index i = 0; i < 2; ++i)
        if (row.present[static_cast<std::size_t>(i)]) passes.sum[pass] += row.values[i];
    }
    passes.progress = (*rows)->progress();
    (*rows)->rewind();
  }
  return passes;
}

void files_larger_than_their_buffers_join_the_same_twice(void**) {
  const Passes passes = read_large_twice();
  assert_int_equal(passes.rows[0], 70000);
  assert_int_equal(passes.rows[1], 70000);
  assert_near(passes.sum[0], 60000.0 * 60001.0 / 2 + 20000, 0, 0);
  assert_near(passes.sum[1], passes.sum[0], 0, 0);
  assert_near(passes.progress, 1, 0, 0);
}

Fate read_many_columns() {
  std::string text;
  for (int i = 0; i < 65; ++i) text += " ds" + std::to_string(i);
  text += "\n\n100:";
  for (int i = 0; i < 65; ++i) text += " 1";
  return read_files({text + "\n"});
}

void more_sources_than_fit_ask_for_columns(void**) {
  const Fate fate = read_many_columns();
  assert_int_equal(fate.code, ErrorCode::kInvalid);
  assert_string_equal(fate.error, "65 numeric columns, at most 64 are scored: choose with --columns a,b");
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(one_file_has_a_row_for_each_time),
    cmocka_unit_test(nan_is_absent),
    cmocka_unit_test(files_are_joined_on_time_and_absent_where_one_has_no_row),
    cmocka_unit_test(a_source_that_two_files_name_is_told_by_the_file),
    cmocka_unit_test(files_of_one_name_in_two_folders_are_told_by_the_folder),
    cmocka_unit_test(only_the_names_that_clash_are_changed),
    cmocka_unit_test(the_same_file_twice_is_an_error),
    cmocka_unit_test(columns_can_be_chosen_over_all_files),
    cmocka_unit_test(names_that_mean_something_elsewhere_are_plain_sources_here),
    cmocka_unit_test(bad_rows_are_malformed_and_say_why),
    cmocka_unit_test(a_malformed_row_names_its_file_and_spares_the_others),
    cmocka_unit_test(a_nul_byte_spoils_its_row),
    cmocka_unit_test(a_line_that_is_too_long_is_malformed),
    cmocka_unit_test(line_ends_of_other_systems_are_fine),
    cmocka_unit_test(unusable_files_say_why_and_which),
    cmocka_unit_test(a_header_without_rows_is_bad_data),
    cmocka_unit_test(files_larger_than_their_buffers_join_the_same_twice),
    cmocka_unit_test(more_sources_than_fit_ask_for_columns),
};
EPSILOND_TEST_MAIN(kTests)
