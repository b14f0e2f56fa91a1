#include "platform/host/clock_state.h"

#include <sys/timex.h>

#include <cerrno>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::clock_state;
using epsilond::platform::ClockState;
using epsilond::platform::Result;

namespace {

// By ntp_gettime(3), the C library's own way to the same facts.
void the_clock_is_what_the_kernel_says_of_it(void**) {
  ntptimeval told{};
  const int kernel = ::ntp_gettime(&told);
  const int refused = errno;
  const Result<ClockState> state = clock_state();
  if (kernel < 0) {  // a sandbox
    assert_false(static_cast<bool>(state));
    assert_int_equal(state.error().system_errno, refused);
    return;
  }
  assert_true(static_cast<bool>(state));
  if (kernel == TIME_ERROR) assert_false(state->synchronised);
  // It grows by 500 millionths between the two looks.
  assert_near(state->most_error_s, 1e-6 * static_cast<double>(told.maxerror), 0.1, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {cmocka_unit_test(the_clock_is_what_the_kernel_says_of_it)};
EPSILOND_TEST_MAIN(kTests)
