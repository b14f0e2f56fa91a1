#include "agent/pipeline/history.h"

#include <cmath>
#include <memory>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::features;
using epsilond::agent::History;
using epsilond::agent::Readings;

namespace {

int setup(void** state) {
  auto* history = new History(3, features().size());
  for (int row = 0; row < 5; ++row) {
    Readings readings;
    for (std::size_t i = 0; i < features().size(); ++i) {
      readings.values[i] = row * 100.0 + static_cast<double>(i);
      if (i != 7) readings.present.set(i);
    }
    history->push(readings, std::chrono::seconds(1000 + row));
  }
  *state = history;
  return 0;
}

int teardown(void** state) {
  delete static_cast<History*>(*state);
  return 0;
}

void it_keeps_the_newest_rows_in_order(void** state) {
  const auto& history = *static_cast<History*>(*state);
  assert_int_equal(history.size(), 3);
  for (std::size_t age = 0; age < 3; ++age) {
    assert_near(history.time_s(age), 1004.0 - static_cast<double>(age), 0, 0);
    assert_near(history.value(age, 0), 400.0 - 100.0 * static_cast<double>(age), 0, 0);
    assert_near(history.value(age, 41), 441.0 - 100.0 * static_cast<double>(age), 0, 0);
  }
}

void what_was_absent_is_not_a_number(void** state) {
  const auto& history = *static_cast<History*>(*state);
  assert_true(std::isnan(history.value(0, 7)));
}

void its_bytes_are_known_before_it_is_built(void** state) {
  const auto& history = *static_cast<History*>(*state);
  assert_int_equal(history.memory_bytes(), History::memory_bytes_for(3, features().size()));
  assert_int_equal(History::memory_bytes_for(3, features().size()), 3 * (features().size() * 4 + 8));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(it_keeps_the_newest_rows_in_order, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_absent_is_not_a_number, setup, teardown),
    cmocka_unit_test_setup_teardown(its_bytes_are_known_before_it_is_built, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
