#include "platform/kernel/proc/pressure.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_pressure;
using epsilond::platform::Pressure;
using epsilond::platform::Result;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

Result<Pressure> parse(std::string_view text) { return parse_pressure("pressure/io", text); }

void both_totals_are_read(void**) {
  const Result<Pressure> pressure =
      parse("full avg10=1.00 avg60=0.34 avg300=0.29 total=17\nsome avg10=1.26 avg60=0.43 avg300=0.32 total=42\n");
  assert_true(static_cast<bool>(pressure));
  assert_int_equal(pressure->some_us, 42);
  assert_int_equal(*pressure->full_us, 17);
}

void a_kernel_without_the_full_line_has_no_full_total(void**) {
  const Result<Pressure> pressure = parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=42\n");
  assert_true(static_cast<bool>(pressure));
  assert_false(pressure->full_us.has_value());
}

void missing_or_malformed_totals_are_refused(void**) {
  assert_refuses(parse, "pressure/io",
                 {"", "\n", "full total=1\n", "some\n", "some total=\n", "some total=-1\n", "some total=1.5\n",
                  "some avg10=1\n", "some total=99999999999999999999\n", "some total=1\nfull avg10=0\n"});
}

void a_text_cut_inside_a_line_is_refused(void**) {
  assert_survives_cuts(parse, "some total=42\nfull total=17\n",
                       [](std::string_view cut) { return cut == "some total=42\n"; });
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(both_totals_are_read),
    cmocka_unit_test(a_kernel_without_the_full_line_has_no_full_total),
    cmocka_unit_test(missing_or_malformed_totals_are_refused),
    cmocka_unit_test(a_text_cut_inside_a_line_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
