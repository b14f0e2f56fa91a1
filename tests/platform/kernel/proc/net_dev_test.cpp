#include "platform/kernel/proc/net_dev.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::DeviceKind;
using epsilond::platform::DeviceRows;
using epsilond::platform::NetDev;
using epsilond::platform::parse_net_dev;
using epsilond::platform::Result;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

#define HEADER "Inter-|   Receive       |  Transmit\n face |bytes packets errs drop|bytes packets errs drop\n"

Result<NetDev> parse(std::string_view text) {
  DeviceRows rows(DeviceKind::kInterface);
  if (const Result<void> updated = rows.update(text, nullptr); !updated) return updated.error();
  return parse_net_dev(text, rows);
}

void interfaces_are_added_up_without_loopback(void**) {
  const Result<NetDev> network =
      parse(HEADER
            "    lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n"
            "  eth1: 10 20 30 40 0 0 0 0 50 60 70 80 0 0 0 0\n");
  assert_true(static_cast<bool>(network));
  assert_int_equal(network->rx_bytes, 11);
  assert_int_equal(network->rx_packets, 22);
  assert_int_equal(network->tx_bytes, 55);
  assert_int_equal(network->tx_packets, 66);
  assert_int_equal(network->errors, 3 + 4 + 7 + 8 + 30 + 40 + 70 + 80);
}

void a_number_may_follow_the_colon_at_once(void**) {
  assert_int_equal(parse(HEADER "  eth0:4294967295 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n")->rx_bytes, 4294967295);
}

void malformed_rows_are_refused(void**) {
  assert_refuses(
      parse, "net/dev",
      {"", " eth0:\n", " eth0: 1 2 3\n", " eth0: 1 2 3 4 0 0 0 0 5 6 7\n", " eth0: x 2 3 4 0 0 0 0 5 6 7 8 0\n",
       " eth0: -1 2 3 4 0 0 0 0 5 6 7 8 0\n", " eth0: 18446744073709551616 2 3 4 0 0 0 0 5 6 7 8 0\n"});
}

void sums_beyond_64_bits_are_refused(void**) {
  assert_refuses(parse, "net/dev",
                 {" eth0: 18446744073709551615 2 3 4 0 0 0 0 5 6 7 8 0\n"
                  " eth1: 1 2 3 4 0 0 0 0 5 6 7 8 0\n"});
}

void a_text_cut_inside_a_line_is_refused(void**) {
  assert_survives_cuts(parse, HEADER "  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n",
                       [](std::string_view cut) { return cut.ends_with('\n'); });
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(interfaces_are_added_up_without_loopback),
    cmocka_unit_test(a_number_may_follow_the_colon_at_once),
    cmocka_unit_test(malformed_rows_are_refused),
    cmocka_unit_test(sums_beyond_64_bits_are_refused),
    cmocka_unit_test(a_text_cut_inside_a_line_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
