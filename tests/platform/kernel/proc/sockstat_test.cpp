#include "platform/kernel/proc/sockstat.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_sockstat;
using epsilond::platform::parse_sockstat6;
using epsilond::tests::assert_refuses;

namespace {

void tcp_sockets_of_each_family_are_read(void**) {
  assert_int_equal(parse_sockstat("sockets: used 14\nTCP: inuse 6 orphan 0 tw 2\nUDP: inuse 9 mem 0\n")->tcp_in_use, 6);
  assert_int_equal(parse_sockstat6("UDP6: inuse 9\nTCP6: inuse 3\n")->tcp_in_use, 3);
}

void the_count_is_found_by_its_name(void**) {
  assert_int_equal(parse_sockstat("TCP: orphan 4 tw 2 inuse 6\n")->tcp_in_use, 6);
}

void missing_or_malformed_counts_are_refused(void**) {
  assert_refuses(parse_sockstat, "net/sockstat",
                 {"", "\n", "UDP: inuse 1\n", "TCP:\n", "TCP: inuse\n", "TCP: inuse x\n", "TCP: orphan 1\n",
                  "TCP: inuse -1\n", "TCP6: inuse 1\n", "TCP: orphan x inuse 1\n", "TCP: inuse 6"});
  assert_refuses(parse_sockstat6, "net/sockstat6", {"", "TCP: inuse 1\n", "TCP6: inuse\n"});
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(tcp_sockets_of_each_family_are_read),
    cmocka_unit_test(the_count_is_found_by_its_name),
    cmocka_unit_test(missing_or_malformed_counts_are_refused),
};
EPSILOND_TEST_MAIN(kTests)
