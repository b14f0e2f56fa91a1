#include "agent/history/table_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "tests/support/temp_file.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::RowStatus;
using epsilond::agent::TableFormat;
using epsilond::agent::TableOptions;
using epsilond::agent::TableReader;
using epsilond::agent::TableRow;
using epsilond::platform::ErrorCode;
using epsilond::platform::Result;
using epsilond::tests::TempFile;

namespace {

constexpr std::size_t kKept = 8;

// Everything a test asks of a table, without destructors.
struct Fate {
  bool opened = false;
  ErrorCode code = ErrorCode::kIo;
  bool read_error = false;
  char error[200] = "";
  char names[200] = "";    // the features, joined by '|'
  char ignored[200] = "";  // the ignored columns, joined by '|'
  std::size_t features = 0;
  std::size_t rows = 0;  // good ones
  std::size_t malformed = 0;
  char reason[200] = "";  // of the first malformed row
  std::size_t malformed_line = 0;
  std::size_t malformed_row = 0;
  std::size_t numbers[kKept] = {};  // TableRow::row of the first good rows
  double values[kKept][3] = {};     // NAN where absent
  double times[kKept] = {};
  int labels[kKept] = {};
  char time_text[kKept][32] = {};
};

void copy_text(std::string_view text, char* out, std::size_t size) {
  const std::size_t bytes = std::min(text.size(), size - 1);
  text.copy(out, bytes);
  out[bytes] = '\0';
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : "|") + name;
  return text;
}

void keep(const TableRow& row, std::size_t features, Fate& fate) {
  if (fate.rows < kKept) {
    fate.numbers[fate.rows] = row.row;
    for (std::size_t i = 0; i < 3; ++i)
      fate.values[fate.rows][i] =
          i < features && row.present[i] ? row.values[static_cast<Eigen::Index>(i)] : std::nan("");
    fate.times[fate.rows] = row.has_time ? row.time_s : std::nan("");
    fate.labels[fate.rows] = row.label;
    copy_text(row.time_text, fate.time_text[fate.rows], sizeof fate.time_text[0]);
  }
  ++fate.rows;
}

Fate read_options(std::string_view text, const TableOptions& options) {
  const TempFile file(text);
  Fate fate;
  Result<TableReader> reader = TableReader::open(file.path(), options);
  if (!reader) {
    fate.code = reader.error().code;
    copy_text(reader.error().context, fate.error, sizeof fate.error);
    return fate;
  }
  fate.opened = true;
  fate.features = reader->feature_count();
  copy_text(joined(reader->plan().feature_names), fate.names, sizeof fate.names);
  copy_text(joined(reader->plan().ignored), fate.ignored, sizeof fate.ignored);
  TableRow row;
  for (;;) {
    switch (reader->next(row)) {
      case RowStatus::kRow:
        keep(row, fate.features, fate);
        break;
      case RowStatus::kMalformed:
        if (fate.malformed++ == 0) {
          copy_text(reader->malformed().reason, fate.reason, sizeof fate.reason);
          fate.malformed_line = reader->malformed().line;
          fate.malformed_row = reader->malformed().row;
        }
        break;
      case RowStatus::kEnd:
        return fate;
      case RowStatus::kError:
        fate.read_error = true;
        fate.code = reader->error().code;
        copy_text(reader->error().context, fate.error, sizeof fate.error);
        return fate;
    }
  }
}

Fate read(std::string_view text) { return read_options(text, {}); }

Fate read_columns(std::string_view text, const char* first, const char* second) {
  TableOptions options;
  options.columns.emplace_back(first);
  if (second != nullptr) options.columns.emplace_back(second);
  return read_options(text, options);
}

Fate read_format(std::string_view text, TableFormat format) {
  TableOptions options;
  options.format = format;
  return read_options(text, options);
}

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

void unusable_files_say_why(void**) {
  const struct {
    std::string_view text;
    const char* error;
  } kCases[] = {
      {"", "the file is empty"},
      {"\n\n", "the file is empty"},
      {"a,b\n", "there is no row below the header"},
      {"a,b,a\n1,2,3\n", "the header names the column 'a' twice"},
      {"1,2\n3,4\n", "the first line holds numbers: it must name the columns"},
      {"a;b\n1;2\n", "semicolons between the columns: only commas and tabs are read"},
      {"a,b\nx,y\n", "no column holds numbers to score"},
      {"a,\"b\n1,2\n", "a quote in the header is not closed in its line"},
      {std::string_view("\xFF\xFE"
                        "a\0,\0b\0\n\0",
                        10),
       "the text is UTF-16: convert it to UTF-8"},
      {std::string_view("a\0,b\n1,2\n", 9), "the header holds a NUL byte: not a text file"},
  };
  for (const auto& entry : kCases) {
    const Fate fate = read(entry.text);
    assert_false(fate.opened);
    assert_int_equal(fate.code, ErrorCode::kMalformed);
    assert_string_equal(fate.error, entry.error);
  }
}

Fate read_wide(std::size_t columns) {
  std::string text;
  for (std::size_t i = 0; i < columns; ++i) text += (i ? ",f" : "f") + std::to_string(i);
  text += '\n';
  for (std::size_t i = 0; i < columns; ++i) text += i ? ",1" : "1";
  return read(text + "\n");
}

void more_features_than_fit_ask_for_columns(void**) {
  assert_int_equal(read_wide(64).features, 64);
  const Fate fate = read_wide(65);
  assert_int_equal(fate.code, ErrorCode::kInvalid);
  assert_non_null(std::strstr(fate.error, "--columns"));
}

void a_missing_file_and_a_directory_are_no_input(void**) {
  struct Codes {
    ErrorCode missing, directory;
  };
  const Codes codes = [] {
    const TableOptions options;
    return Codes{TableReader::open("/nonexistent/x.csv", options).error().code,
                 TableReader::open("/tmp", options).error().code};
  }();
  assert_int_equal(codes.missing, ErrorCode::kNotFound);
  assert_int_equal(codes.directory, ErrorCode::kNotFound);
}

// printf 'a,b\n1,2\n3,4\n' | gzip -n
constexpr unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4b,
                                   0xd4, 0x49, 0xe2, 0x32, 0xd4, 0x31, 0xe2, 0x32, 0xd6, 0x31, 0xe1,
                                   0x02, 0x00, 0xe5, 0xe9, 0xd6, 0xce, 0x0c, 0x00, 0x00, 0x00};

std::string_view gzip_bytes(std::size_t size) { return {reinterpret_cast<const char*>(kGzip), size}; }

void gzip_is_read_directly(void**) {
  const Fate fate = read(gzip_bytes(sizeof kGzip));
  assert_string_equal(fate.names, "a|b");
  assert_int_equal(fate.rows, 2);
}

Fate read_two_members() {
  std::string twice(gzip_bytes(sizeof kGzip));
  twice += twice;
  return read(twice + std::string(512, '\0'));
}

void gzip_members_are_one_stream_and_may_be_padded(void**) {
  const Fate fate = read_two_members();
  assert_int_equal(fate.rows, 4);
  assert_int_equal(fate.malformed, 1);  // the header of the second member
}

void cut_or_damaged_gzip_is_malformed(void**) {
  const Fate cut = read(gzip_bytes(sizeof kGzip - 9));
  assert_false(cut.opened);
  assert_int_equal(cut.code, ErrorCode::kMalformed);
  assert_string_equal(cut.error, "gzip: the data end too early");
  unsigned char damaged[sizeof kGzip];
  std::memcpy(damaged, kGzip, sizeof kGzip);
  damaged[12] ^= 0xff;
  assert_int_equal(read({reinterpret_cast<const char*>(damaged), sizeof damaged}).code, ErrorCode::kMalformed);
}

struct Twice {
  std::size_t first, second;
  double first_value, second_value;
};

Twice read_twice() {
  std::string text = "a\n";
  for (int i = 0; i < 300000; ++i) text += std::to_string(i) + "\n";
  const TempFile file(text);
  Result<TableReader> reader = TableReader::open(file.path(), {});
  TableRow row;
  Twice twice{};
  for (; reader->next(row) == RowStatus::kRow; ++twice.first) twice.first_value += row.values[0];
  reader->rewind();
  for (; reader->next(row) == RowStatus::kRow; ++twice.second) twice.second_value += row.values[0];
  return twice;
}

void a_table_larger_than_the_buffer_reads_the_same_twice(void**) {
  const Twice twice = read_twice();
  assert_int_equal(twice.first, 300000);
  assert_int_equal(twice.second, 300000);
  assert_near(twice.first_value, 299999.0 * 150000.0, 0, 0);
  assert_near(twice.second_value, twice.first_value, 0, 0);
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
    cmocka_unit_test(a_column_that_begins_late_is_told_by_its_first_value),
    cmocka_unit_test(a_text_in_the_first_row_does_not_hide_a_column_of_numbers),
    cmocka_unit_test(a_bad_label_or_time_is_malformed),
    cmocka_unit_test(a_line_that_is_too_long_is_malformed),
    cmocka_unit_test(tabs_are_found_by_the_header),
    cmocka_unit_test(the_format_can_be_forced),
    cmocka_unit_test(wanted_columns_come_in_the_wanted_order),
    cmocka_unit_test(a_wanted_column_that_is_not_there_is_named_with_the_closest),
    cmocka_unit_test(a_wanted_column_must_hold_numbers_and_not_be_time),
    cmocka_unit_test(unusable_files_say_why),
    cmocka_unit_test(more_features_than_fit_ask_for_columns),
    cmocka_unit_test(a_missing_file_and_a_directory_are_no_input),
    cmocka_unit_test(gzip_is_read_directly),
    cmocka_unit_test(gzip_members_are_one_stream_and_may_be_padded),
    cmocka_unit_test(cut_or_damaged_gzip_is_malformed),
    cmocka_unit_test(a_table_larger_than_the_buffer_reads_the_same_twice),
};
EPSILOND_TEST_MAIN(kTests)
