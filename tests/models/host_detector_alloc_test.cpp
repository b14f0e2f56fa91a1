// The detector never allocates once it is built.

#include "tests/models/detector_bed.h"
#include "tests/support/alloc_guard.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::tests::allocation_count;
using epsilond::tests::allocations_are_counted;
using epsilond::tests::Bed;
using epsilond::tests::bed_settings;
using epsilond::tests::Rng;

namespace {

std::size_t allocations_of_ten_thousand_steps() {
  Bed bed(bed_settings(42, 60.0), 300.0);
  Rng rng(9);
  const std::size_t before = allocation_count();
  for (int row = 0; row < 10000; ++row) {
    for (std::size_t i = 0; i < bed.feature_count; ++i) bed.value(i) = rng.normal();
    if (row % 1000 > 500) bed.value(3) += 1e4;  // episodes, held samples and accepted levels as well
    bed.step();
  }
  return allocation_count() - before;
}

std::size_t allocations_of_a_detector() {
  const std::size_t before = allocation_count();
  Bed bed(bed_settings(42, 60.0));
  return allocation_count() - before;
}

void the_guard_sees_what_a_constructor_allocates(void**) {
  if (!allocations_are_counted()) skip();
  assert_true(allocations_of_a_detector() >= 4);
}

void ten_thousand_steps_allocate_nothing(void**) {
  if (!allocations_are_counted()) skip();
  assert_int_equal(allocations_of_ten_thousand_steps(), 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_guard_sees_what_a_constructor_allocates),
    cmocka_unit_test(ten_thousand_steps_allocate_nothing),
};
EPSILOND_TEST_MAIN(kTests)
