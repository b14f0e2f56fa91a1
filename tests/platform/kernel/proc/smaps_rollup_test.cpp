#include "platform/kernel/proc/smaps_rollup.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_smaps_rollup;
using epsilond::platform::parse_status_swap_bytes;
using epsilond::platform::Result;
using epsilond::platform::SmapsRollup;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

constexpr std::string_view kText =
    "556e94532000-7ffd42a02000 ---p 00000000 00:00 0                          [rollup]\nRss:                1688 kB\n"
    "Pss:                 223 kB\nPss_Dirty:           112 kB\nPss_Anon:            112 kB\nSwap:                  8 kB\n"
    "SwapPss:               4 kB\nLocked:                0 kB\n";

void proportional_memory_and_swap_are_read_and_no_others(void**) {
  const Result<SmapsRollup> memory = parse_smaps_rollup(kText);
  assert_true(static_cast<bool>(memory));
  assert_int_equal(memory->pss_bytes, 223 * 1024);
  assert_int_equal(memory->swap_bytes, 8 * 1024);
}

void a_kernel_without_swap_has_none(void**) {
  const Result<SmapsRollup> memory = parse_smaps_rollup("Pss: 3 kB\n");
  assert_true(static_cast<bool>(memory));
  assert_int_equal(memory->swap_bytes, 0);
}

void malformed_texts_are_refused(void**) {
  assert_refuses(parse_smaps_rollup, "smaps_rollup",
                 {"", "\n", "Swap: 1 kB\n", "Pss: x kB\n", "Pss: -1 kB\n", "Pss:\n", "Pss: 1\n", "Pss: 1 MB\n",
                  "Pss: 99999999999999999999 kB\n", "Pss: 18446744073709551615 kB\n", "Pss: 1 kB\nSwap: x kB\n"});
}

void a_text_cut_inside_a_line_is_refused(void**) {
  assert_survives_cuts(parse_smaps_rollup, kText,
                       [](std::string_view cut) { return cut.find("223 kB\n") != std::string_view::npos; });
}

void swap_is_told_by_the_status_file_too(void**) {
  constexpr std::string_view kStatus = "Name:\tVmSwap:\nVmSize:\t  7236 kB\nVmSwap:\t      12 kB\nThreads:\t1\n";
  assert_int_equal(parse_status_swap_bytes(kStatus).value_or(1), 12 * 1024);
  assert_false(parse_status_swap_bytes("Name:\tkthreadd\nThreads:\t1\n").has_value());
  assert_false(parse_status_swap_bytes("VmSwap:\t      1").has_value());
  assert_false(parse_status_swap_bytes("").has_value());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(proportional_memory_and_swap_are_read_and_no_others),
    cmocka_unit_test(a_kernel_without_swap_has_none),
    cmocka_unit_test(malformed_texts_are_refused),
    cmocka_unit_test(a_text_cut_inside_a_line_is_refused),
    cmocka_unit_test(swap_is_told_by_the_status_file_too),
};
EPSILOND_TEST_MAIN(kTests)
