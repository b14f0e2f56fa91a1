#include "platform/kernel/proc/snmp.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_snmp;
using epsilond::tests::assert_refuses;

namespace {

void retransmits_are_found_by_the_name_of_their_column(void**) {
  assert_int_equal(
      parse_snmp("Ip: A\nIp: 1\nTcp: MaxConn RetransSegs InErrs\nTcp: -1 7 9\nUdp: B\nUdp: 2\n")->tcp_retransmits, 7);
  assert_int_equal(parse_snmp("Tcp: RetransSegs MaxConn\nTcp: 8 -1\n")->tcp_retransmits, 8);
}

void missing_or_malformed_columns_are_refused(void**) {
  assert_refuses(parse_snmp, "net/snmp",
                 {"", "\n", "Ip: RetransSegs\nIp: 1\n", "Tcp: RetransSegs\n", "Tcp: RetransSegs\nUdp: 1\n",
                  "Tcp: RetransSegs\nTcp:\n", "Tcp: RetransSegs\nTcp: -1\n", "Tcp: A RetransSegs\nTcp: 1\n",
                  "Tcp: A B\nTcp: 1 2\n", "Tcp: RetransSegs\nTcp: 99999999999999999999\n", "Tcp: RetransSegs\nTcp: 7"});
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(retransmits_are_found_by_the_name_of_their_column),
    cmocka_unit_test(missing_or_malformed_columns_are_refused),
};
EPSILOND_TEST_MAIN(kTests)
