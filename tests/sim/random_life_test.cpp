// A random life of the whole pipeline: every alert ends once, whatever comes between. A year of it is
// bench/reliability/year.cpp.

#include "tests/support/random_life.h"

#include <memory>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::tests;

namespace {

int setup_life(void** state) {
  *state = new RandomLife(test_seed());
  return 0;
}

int teardown_life(void** state) {
  delete static_cast<RandomLife*>(*state);
  return 0;
}

void in_a_random_life_every_alert_ends_once(void** state) {
  auto& life = *static_cast<RandomLife*>(*state);
  life.begin();
  for (int i = 0; i < 400 && life.broken().empty(); ++i) life.go_on(25);
  life.end();
  if (!life.broken().empty()) fail_msg("%s", life.broken().c_str());
  assert_true(life.alerts() >= 5);
  assert_true(life.overlaps() >= 5);
  assert_true(life.late_ticks() >= 5);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(in_a_random_life_every_alert_ends_once, setup_life, teardown_life),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
