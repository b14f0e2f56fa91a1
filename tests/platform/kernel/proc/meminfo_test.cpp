#include "platform/kernel/proc/meminfo.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::MemInfo;
using epsilond::platform::parse_meminfo;
using epsilond::platform::Result;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

void a_kb_is_1024_bytes(void**) {
  const Result<MemInfo> memory = parse_meminfo("MemTotal:       2 kB\nMemAvailable:\t 1 kB\nShmem: 3 kB\n");
  assert_true(static_cast<bool>(memory));
  assert_int_equal(memory->total_bytes, 2048);
  assert_int_equal(*memory->available_bytes, 1024);
  assert_int_equal(*memory->shared_bytes, 3072);
}

void lines_may_come_in_any_order_among_unknown_ones(void**) {
  const Result<MemInfo> memory = parse_meminfo(
      "HugePages_Total: 0\nSwapFree: 5 kB\nno colon here\nWeird: x y z\nMemTotal: 9 kB\nSwapTotal: 7 kB\n");
  assert_true(static_cast<bool>(memory));
  assert_int_equal(memory->total_bytes, 9 * 1024);
  assert_int_equal(*memory->swap_total_bytes, 7 * 1024);
  assert_int_equal(*memory->swap_free_bytes, 5 * 1024);
}

void names_are_compared_in_full(void**) {
  const Result<MemInfo> memory = parse_meminfo("MemTotal: 9 kB\nMemTotalX: 1 kB\nShmemHugePages: 4 kB\n");
  assert_int_equal(memory->total_bytes, 9 * 1024);
  assert_false(memory->shared_bytes.has_value());
}

void what_an_old_kernel_lacks_is_absent(void**) {
  const Result<MemInfo> memory = parse_meminfo("MemTotal: 9 kB\n");
  assert_true(static_cast<bool>(memory));
  assert_false(memory->available_bytes.has_value());
  assert_false(memory->swap_total_bytes.has_value());
}

void no_total_is_an_error_that_says_so(void**) {
  const Result<MemInfo> memory = parse_meminfo("MemFree: 1 kB\n");
  assert_string_equal(memory.error().context.c_str(), "meminfo: MemTotal missing");
}

void values_that_are_no_kb_are_refused(void**) {
  assert_refuses(parse_meminfo, "meminfo",
                 {"MemTotal: -1 kB\n", "MemTotal: kB\n", "MemTotal: 1\n", "MemTotal: 1 MB\n", "MemTotal: 1 kB kB\n",
                  "MemTotal: 1.5 kB\n", "MemTotal: 18446744073709551616 kB\n", "MemTotal:\n", "MemTotal: 1kB\n"});
}

void a_product_beyond_64_bits_is_refused(void**) {
  assert_refuses(parse_meminfo, "meminfo", {"MemTotal: 18014398509481984 kB\n"});
  assert_true(static_cast<bool>(parse_meminfo("MemTotal: 18014398509481983 kB\n")));
}

void a_text_cut_inside_a_line_is_refused(void**) {
  assert_survives_cuts(parse_meminfo, "MemTotal: 123 kB\nMemAvailable: 45 kB\n",
                       [](std::string_view cut) { return cut == "MemTotal: 123 kB\n"; });
}

void what_is_quoted_in_an_error_is_printable_and_short(void**) {
  char text[200] = "MemTotal: \x1b[31m";
  for (std::size_t i = std::strlen(text); i < sizeof text - 1; ++i) text[i] = 'x';
  text[sizeof text - 2] = '\n';
  const Result<MemInfo> memory = parse_meminfo(text);
  const std::string_view context = memory.error().context;
  assert_true(context.size() < 120);
  for (const char c : context) assert_true(c >= ' ' && c <= '~');
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_kb_is_1024_bytes),
    cmocka_unit_test(lines_may_come_in_any_order_among_unknown_ones),
    cmocka_unit_test(names_are_compared_in_full),
    cmocka_unit_test(what_an_old_kernel_lacks_is_absent),
    cmocka_unit_test(no_total_is_an_error_that_says_so),
    cmocka_unit_test(values_that_are_no_kb_are_refused),
    cmocka_unit_test(a_product_beyond_64_bits_is_refused),
    cmocka_unit_test(a_text_cut_inside_a_line_is_refused),
    cmocka_unit_test(what_is_quoted_in_an_error_is_printable_and_short),
};
EPSILOND_TEST_MAIN(kTests)
