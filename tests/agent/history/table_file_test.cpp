#include "agent/history/table_reader.h"

#include <cstring>
#include <string>
#include <string_view>

#include "tests/agent/history/table_fate.h"
#include "tests/support/temp_file.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::RowStatus;
using epsilond::agent::TableOptions;
using epsilond::agent::TableReader;
using epsilond::agent::TableRow;
using epsilond::platform::ErrorCode;
using epsilond::platform::Result;
using epsilond::tests::Fate;
using epsilond::tests::read;
using epsilond::tests::TempFile;

namespace {

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
    cmocka_unit_test(unusable_files_say_why),
    cmocka_unit_test(more_features_than_fit_ask_for_columns),
    cmocka_unit_test(a_missing_file_and_a_directory_are_no_input),
    cmocka_unit_test(gzip_is_read_directly),
    cmocka_unit_test(gzip_members_are_one_stream_and_may_be_padded),
    cmocka_unit_test(cut_or_damaged_gzip_is_malformed),
    cmocka_unit_test(a_table_larger_than_the_buffer_reads_the_same_twice),
};
EPSILOND_TEST_MAIN(kTests)
