#include "platform/kernel/proc/vmstat.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_vmstat;
using epsilond::platform::Result;
using epsilond::platform::VmStat;
using epsilond::platform::vmstat_is_enough;
using epsilond::tests::assert_refuses;

namespace {

void paging_counters_are_read_by_name(void**) {
  const Result<VmStat> stat = parse_vmstat("pgmajfault 4\nnr_dirty 9\npswpin 1\npswpout 2\npgfault 3\npgfaultx 8\n");
  assert_true(static_cast<bool>(stat));
  assert_int_equal(*stat->swap_in_pages, 1);
  assert_int_equal(*stat->swap_out_pages, 2);
  assert_int_equal(stat->page_faults, 3);
  assert_int_equal(stat->major_faults, 4);
}

void a_kernel_without_swap_has_no_swap_traffic(void**) {
  const Result<VmStat> stat = parse_vmstat("pgfault 3\npgmajfault 4\n");
  assert_true(static_cast<bool>(stat));
  assert_false(stat->swap_in_pages.has_value());
  assert_false(stat->swap_out_pages.has_value());
}

void missing_or_malformed_counters_are_refused(void**) {
  assert_refuses(parse_vmstat, "vmstat",
                 {"", "\n", "pgfault 3\n", "pgmajfault 3\n", "pgfault x\npgmajfault 1\n", "pgfault\npgmajfault 1\n",
                  "pgfault -1\npgmajfault 1\n", "pswpin 99999999999999999999\npgfault 1\npgmajfault 1\n",
                  "pgfault 3\npgmajfault 4"});
}

void enough_is_the_whole_of_the_last_wanted_line(void**) {
  assert_int_equal(vmstat_is_enough("pgfault 3\npgmajfault 42\n"), 24);
  assert_int_equal(vmstat_is_enough("pgfault 3\npgmajfault 42\npgrefi"), 24);
  assert_int_equal(vmstat_is_enough("pgfault 3\npgmajfault 42"), 0);
  assert_int_equal(vmstat_is_enough("pgfault 3\npgmajfau"), 0);
  assert_int_equal(vmstat_is_enough(""), 0);
}

void a_text_cut_after_what_is_wanted_is_read(void**) {
  const Result<VmStat> stat = parse_vmstat("pswpin 1\npswpout 2\npgfault 3\npgmajfault 4\npgref");
  assert_true(static_cast<bool>(stat));
  assert_int_equal(stat->major_faults, 4);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(paging_counters_are_read_by_name),
    cmocka_unit_test(a_kernel_without_swap_has_no_swap_traffic),
    cmocka_unit_test(missing_or_malformed_counters_are_refused),
    cmocka_unit_test(enough_is_the_whole_of_the_last_wanted_line),
    cmocka_unit_test(a_text_cut_after_what_is_wanted_is_read),
};
EPSILOND_TEST_MAIN(kTests)
