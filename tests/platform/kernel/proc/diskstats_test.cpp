#include "platform/kernel/proc/diskstats.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::DeviceKind;
using epsilond::platform::DeviceRows;
using epsilond::platform::DiskStats;
using epsilond::platform::parse_diskstats;
using epsilond::platform::Result;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

Result<DiskStats> parse(std::string_view text) {
  DeviceRows rows(DeviceKind::kDisk);
  if (const Result<void> updated = rows.update(text, nullptr); !updated) return updated.error();
  return parse_diskstats(text, rows);
}

void whole_disks_are_added_up_and_sectors_are_512_bytes(void**) {
  const Result<DiskStats> disks =
      parse(" 8 0 sda 1 9 2 9 3 9 4 9 9 5 9\n 8 1 sda1 1 9 2 9 3 9 4 9 9 5 9\n 8 16 sdb 10 9 20 9 30 9 40 9 9 50 9\n");
  assert_true(static_cast<bool>(disks));
  assert_int_equal(disks->read_bytes, 22 * 512);
  assert_int_equal(disks->write_bytes, 44 * 512);
  assert_int_equal(disks->operations, 11 + 33);
  assert_int_equal(disks->busy_ms, 55);
}

void columns_of_newer_kernels_are_ignored(void**) {
  assert_int_equal(parse("8 0 sda 1 9 2 9 3 9 4 9 9 5 9 11 12 13 14 15 16 new!\n")->busy_ms, 5);
}

void a_malformed_row_that_is_not_counted_does_no_harm(void**) {
  assert_int_equal(parse("7 0 loop0 x\n8 0 sda 1 9 2 9 3 9 4 9 9 5 9\n")->busy_ms, 5);
}

void malformed_rows_are_refused(void**) {
  assert_refuses(parse, "diskstats",
                 {"", "8 0 sda\n", "8 0 sda 1 2 3 4 5 6 7 8 9\n", "8 0 sda 1 9 x 9 3 9 4 9 9 5 9\n",
                  "8 0 sda 1 9 -2 9 3 9 4 9 9 5 9\n", "8 0 sda 1 9 99999999999999999999 9 3 9 4 9 9 5 9\n"});
}

void sums_beyond_64_bits_are_refused(void**) {
  assert_refuses(
      parse, "diskstats",
      {"8 0 sda 1 9 36028797018963968 9 3 9 4 9 9 5 9\n", "8 0 sda 18446744073709551615 9 2 9 3 9 4 9 9 5 9\n"});
}

void a_text_cut_inside_a_line_is_refused(void**) {
  assert_survives_cuts(parse, "8 0 sda 1 9 2 9 3 9 4 9 9 5 9\n8 16 sdb 1 9 2 9 3 9 4 9 9 5 9\n",
                       [](std::string_view cut) { return cut.ends_with('\n'); });
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(whole_disks_are_added_up_and_sectors_are_512_bytes),
    cmocka_unit_test(columns_of_newer_kernels_are_ignored),
    cmocka_unit_test(a_malformed_row_that_is_not_counted_does_no_harm),
    cmocka_unit_test(malformed_rows_are_refused),
    cmocka_unit_test(sums_beyond_64_bits_are_refused),
    cmocka_unit_test(a_text_cut_inside_a_line_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
