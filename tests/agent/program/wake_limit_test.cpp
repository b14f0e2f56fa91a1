#include "agent/wake_limit.h"

#include <chrono>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::WakeLimit;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds kBegan{1000};

void as_many_as_are_allowed_cause_no_rest(void**) {
  WakeLimit limit;
  assert_int_equal(limit.rest(kBegan).count(), 0);
  for (unsigned i = 1; i < WakeLimit::kMostPerSecond; ++i) limit.woke(kBegan);
  assert_int_equal(limit.rest(kBegan + milliseconds(500)).count(), 0);
}

void more_cause_a_rest_until_their_second_is_over(void**) {
  WakeLimit limit;
  for (unsigned i = 0; i < WakeLimit::kMostPerSecond; ++i) limit.woke(kBegan + milliseconds(i));
  assert_int_equal(limit.rest(kBegan + milliseconds(500)).count(), 500);
  assert_int_equal(limit.rest(kBegan + milliseconds(999)).count(), 1);
  assert_int_equal(limit.rest(kBegan + seconds(1)).count(), 0);
}

void each_second_is_counted_for_itself(void**) {
  WakeLimit limit;
  for (unsigned i = 0; i < 3 * WakeLimit::kMostPerSecond; ++i) {
    limit.woke(kBegan + milliseconds(4 * i));
    assert_int_equal(limit.rest(kBegan + milliseconds(4 * i)).count(), 0);
  }
}

void a_part_of_a_millisecond_is_waited_for(void**) {
  WakeLimit limit;
  for (unsigned i = 0; i < WakeLimit::kMostPerSecond; ++i) limit.woke(kBegan);
  assert_int_equal(limit.rest(kBegan + seconds(1) - std::chrono::nanoseconds(1)).count(), 1);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(as_many_as_are_allowed_cause_no_rest),
    cmocka_unit_test(more_cause_a_rest_until_their_second_is_over),
    cmocka_unit_test(each_second_is_counted_for_itself),
    cmocka_unit_test(a_part_of_a_millisecond_is_waited_for),
};
EPSILOND_TEST_MAIN(kTests)
