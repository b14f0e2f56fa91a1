#include "platform/file/input_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tests/support/temp_file.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::InputFile;
using epsilond::platform::Result;
using epsilond::tests::TempFile;

namespace {

// Bytes read in pieces of `piece`; -1 on an error.
long read_all(InputFile& file, std::size_t piece) {
  char buffer[4096];
  long total = 0;
  for (;;) {
    Result<std::size_t> count = file.read(std::span(buffer, std::min(piece, sizeof buffer)));
    if (!count) return -1;
    if (*count == 0) return total;
    total += static_cast<long>(*count);
  }
}

struct Readings {
  long first = 0;
  long second = 0;
  double progress_at_start = 0.0;
  double progress_at_end = 0.0;
};

Readings read_twice(std::string_view content, std::size_t piece) {
  const TempFile temp(content);
  Result<InputFile> file = InputFile::open(temp.path());
  if (!file) return {-2, -2};
  Readings readings;
  readings.progress_at_start = file->progress();
  readings.first = read_all(*file, piece);
  readings.progress_at_end = file->progress();
  file->rewind();
  readings.second = read_all(*file, piece);
  return readings;
}

void a_file_reads_the_same_twice(void**) {
  const Readings readings = read_twice("0123456789", 3);
  assert_int_equal(readings.first, 10);
  assert_int_equal(readings.second, 10);
  assert_near(readings.progress_at_start, 0, 0, 0);
  assert_near(readings.progress_at_end, 1, 0, 0);
}

void an_empty_file_is_at_its_end(void**) { assert_int_equal(read_twice("", 100).first, 0); }

void one_byte_of_a_gzip_head_is_plain(void**) { assert_int_equal(read_twice("\x1f", 100).first, 1); }

long read_grown_or_cut(bool grow) {
  const TempFile temp(std::string(1000, 'x'));
  Result<InputFile> file = InputFile::open(temp.path());
  if (!file || ::truncate(temp.path(), grow ? 2000 : 500) != 0) return -2;
  return read_all(*file, 4096);
}

void a_file_that_grows_is_read_as_far_as_it_was(void**) { assert_int_equal(read_grown_or_cut(true), 1000); }

void a_file_that_shrinks_is_an_error(void**) { assert_int_equal(read_grown_or_cut(false), -1); }

bool recognises_itself() {
  const TempFile temp("x");
  const TempFile other("x");
  Result<InputFile> file = InputFile::open(temp.path());
  return file && file->is_same_file(temp.path()) && !file->is_same_file(other.path()) &&
         !file->is_same_file("/nonexistent/x");
}

void a_file_knows_itself_by_any_name(void**) { assert_true(recognises_itself()); }

struct Sharing {
  long whole = -2;  // by the second reader, when the first has read a part and the file has grown
  long rest = -2;   // by the first, afterwards
  bool same = false;
};

Sharing read_by_two(std::string_view content) {
  const TempFile temp(content);
  Sharing sharing;
  Result<InputFile> first = InputFile::open(temp.path());
  char part[4];
  if (!first || !first->read(part) || ::truncate(temp.path(), 4096) != 0) return sharing;
  Result<InputFile> second = first->reopen();
  if (!second) return sharing;
  sharing.whole = read_all(*second, 3);
  sharing.rest = read_all(*first, 3);
  sharing.same = second->is_same_file(temp.path()) && second->stored_bytes() == content.size();
  return sharing;
}

void a_second_reader_sees_the_same_bytes_and_disturbs_no_other(void**) {
  const Sharing sharing = read_by_two("0123456789");
  assert_int_equal(sharing.whole, 10);
  assert_int_equal(sharing.rest, 6);
  assert_true(sharing.same);
}

void a_second_reader_of_gzip_inflates_for_itself(void**) {
  // printf 'a,b\n1,2\n3,4\n' | gzip -n
  constexpr unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4b,
                                     0xd4, 0x49, 0xe2, 0x32, 0xd4, 0x31, 0xe2, 0x32, 0xd6, 0x31, 0xe1,
                                     0x02, 0x00, 0xe5, 0xe9, 0xd6, 0xce, 0x0c, 0x00, 0x00, 0x00};
  const Sharing sharing = read_by_two({reinterpret_cast<const char*>(kGzip), sizeof kGzip});
  assert_int_equal(sharing.whole, 12);
  assert_int_equal(sharing.rest, 8);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_file_reads_the_same_twice),      cmocka_unit_test(an_empty_file_is_at_its_end),
    cmocka_unit_test(one_byte_of_a_gzip_head_is_plain), cmocka_unit_test(a_file_that_grows_is_read_as_far_as_it_was),
    cmocka_unit_test(a_file_that_shrinks_is_an_error),  cmocka_unit_test(a_file_knows_itself_by_any_name),
    cmocka_unit_test(a_second_reader_sees_the_same_bytes_and_disturbs_no_other),
    cmocka_unit_test(a_second_reader_of_gzip_inflates_for_itself),
};
EPSILOND_TEST_MAIN(kTests)
