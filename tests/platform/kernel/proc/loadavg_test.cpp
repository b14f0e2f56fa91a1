#include "platform/kernel/proc/loadavg.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::LoadAvg;
using epsilond::platform::parse_loadavg;
using epsilond::platform::Result;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

void the_three_averages_and_the_tasks_are_read(void**) {
  const Result<LoadAvg> loads = parse_loadavg("0.21 12.11 0.04 3/91 7448\n");
  assert_true(static_cast<bool>(loads));
  assert_near(loads->load_1min, 0.21, 0, 0);
  assert_near(loads->load_5min, 12.11, 0, 0);
  assert_near(loads->load_15min, 0.04, 0, 0);
  assert_int_equal(loads->total_tasks, 91);
}

void loads_that_are_no_plain_numbers_are_refused(void**) {
  assert_refuses(parse_loadavg, "loadavg",
                 {"nan 0 0 1/2 3\n", "inf 0 0 1/2 3\n", "0x1 0 0 1/2 3\n", "-0.1 0 0 1/2 3\n", "1,5 0 0 1/2 3\n",
                  "1e5 0 0 1/2 3\n", "a b c d e\n", "0.1\n", "0.1 0.2\n", "+1 0 0 1/2 3\n"});
}

void tasks_without_a_whole_total_are_refused(void**) {
  assert_refuses(parse_loadavg, "loadavg",
                 {"0 0 0\n", "0 0 0 3\n", "0 0 0 3/\n", "0 0 0 3/x 1\n", "0 0 0 3/-1 1\n",
                  "0 0 0 1/99999999999999999999 1\n", "0 0 0 1/2/3 1\n"});
}

void a_cut_text_is_refused(void**) {
  assert_survives_cuts(parse_loadavg, "0.21 0.11 0.04 3/91 7448\n", [](std::string_view) { return false; });
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_three_averages_and_the_tasks_are_read),
    cmocka_unit_test(loads_that_are_no_plain_numbers_are_refused),
    cmocka_unit_test(tasks_without_a_whole_total_are_refused),
    cmocka_unit_test(a_cut_text_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
