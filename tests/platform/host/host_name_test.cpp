#include "platform/host/host_name.h"

#include <sys/utsname.h>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::host_name;

namespace {

void the_host_is_called_what_uname_says(void**) {
  utsname told{};
  assert_int_equal(::uname(&told), 0);
  const auto name = host_name();
  if (told.nodename[0] == '\0') {
    assert_true(name.view() == "localhost");
    return;
  }
  assert_true(name.view() == told.nodename);  // Linux allows 64 bytes, and so does the name
}

}  // namespace

static const CMUnitTest kTests[] = {cmocka_unit_test(the_host_is_called_what_uname_says)};
EPSILOND_TEST_MAIN(kTests)
