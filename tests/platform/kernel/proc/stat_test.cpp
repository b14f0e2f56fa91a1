#include "platform/kernel/proc/stat.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_stat;
using epsilond::platform::Result;
using epsilond::platform::SystemStat;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

constexpr std::string_view kText =
    "cpu  10 1 20 300 40 5 6 7 8 9\ncpu0 5 1 10 150 20 5 3 7 8 9\ncpu1 5 0 10 150 20 0 3 0 0 0\nintr 99 1 2 3\n"
    "ctxt 77\nbtime 1\nprocesses 55\nprocs_running 3\nprocs_blocked 2\nsoftirq 9 0\n";

void processor_time_is_grouped_and_guests_are_not_counted_twice(void**) {
  const Result<SystemStat> stat = parse_stat(kText);
  assert_true(static_cast<bool>(stat));
  assert_int_equal(stat->cpu.user, 11);
  assert_int_equal(stat->cpu.system, 20);
  assert_int_equal(stat->cpu.idle, 300);
  assert_int_equal(stat->cpu.iowait, 40);
  assert_int_equal(stat->cpu.irq, 11);
  assert_int_equal(stat->cpu.steal, 7);
  assert_int_equal(stat->cpu.total, 389);
}

void counts_are_read_by_name(void**) {
  const Result<SystemStat> stat = parse_stat(kText);
  assert_int_equal(stat->cpu_count, 2);
  assert_int_equal(stat->interrupts, 99);
  assert_int_equal(stat->context_switches, 77);
  assert_int_equal(stat->forks, 55);
  assert_int_equal(stat->running, 3);
  assert_int_equal(stat->blocked, 2);
}

void of_the_interrupt_line_only_the_total_is_looked_at(void**) {
  assert_true(static_cast<bool>(
      parse_stat("procs_running 3\nprocs_blocked 2\nprocesses 5\nctxt 7\nintr 4294967295 x y z -1\ncpu 1 2 3 4\n")));
}

void an_old_kernel_with_four_columns_is_read(void**) {
  const Result<SystemStat> stat =
      parse_stat("cpu 1 2 3 4\nintr 1\nctxt 1\nprocesses 1\nprocs_running 1\nprocs_blocked 1\n");
  assert_int_equal(stat->cpu.total, 10);
  assert_int_equal(stat->cpu.steal, 0);
}

void a_missing_line_is_named(void**) {
  const Result<SystemStat> stat = parse_stat("cpu 1 2 3 4\nintr 1\nctxt 1\nprocs_running 1\nprocs_blocked 1\n");
  assert_string_equal(stat.error().context.c_str(), "stat: processes missing");
}

void malformed_lines_are_refused(void**) {
  assert_refuses(parse_stat, "stat",
                 {"cpu 1 2 3\n", "cpu 1 2 3 x\n", "cpu 1 2 3 4 5 -6\n", "cpu\n", "cpu 18446744073709551615 1 0 0\n",
                  "cpu 1 2 3 4\nctxt\n", "cpu 1 2 3 4\nctxt 1.5\n", "intr\n", "\n", "\n\n\n"});
}

void a_text_cut_inside_a_line_is_refused(void**) {
  constexpr std::size_t kWithoutLastLine = kText.rfind("softirq");
  assert_survives_cuts(parse_stat, kText, [](std::string_view cut) { return cut.size() == kWithoutLastLine; });
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(processor_time_is_grouped_and_guests_are_not_counted_twice),
    cmocka_unit_test(counts_are_read_by_name),
    cmocka_unit_test(of_the_interrupt_line_only_the_total_is_looked_at),
    cmocka_unit_test(an_old_kernel_with_four_columns_is_read),
    cmocka_unit_test(a_missing_line_is_named),
    cmocka_unit_test(malformed_lines_are_refused),
    cmocka_unit_test(a_text_cut_inside_a_line_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
