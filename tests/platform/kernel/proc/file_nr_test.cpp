#include "platform/kernel/proc/file_nr.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_file_nr;
using epsilond::tests::assert_refuses;

namespace {

void the_first_number_is_the_open_files(void**) {
  assert_int_equal(parse_file_nr("509\t0\t2466170\n")->allocated, 509);
}

void a_text_without_a_whole_number_is_refused(void**) {
  assert_refuses(parse_file_nr, "sys/fs/file-nr",
                 {"", "\n", "x\t0\t1\n", "-1\t0\t1\n", "5.0\t0\t1\n", "18446744073709551616\t0\t1\n", "509\t0\t246"});
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_first_number_is_the_open_files),
    cmocka_unit_test(a_text_without_a_whole_number_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
