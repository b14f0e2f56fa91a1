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

// A ring of two rows of one feature and two notes, after three rows.
struct Noted {
  float notes[2][2];
  std::size_t bytes;
  std::uint64_t pushed;
};
Noted note_twice() {
  History history(2, 1, 2);
  for (int row = 0; row < 3; ++row) {
    history.push({}, std::chrono::seconds(row));
    if (row == 1) history.note(1, 7.0);
    if (row == 2) history.note(0, 8.0);
  }
  return {{{history.value(0, 1), history.value(0, 2)}, {history.value(1, 1), history.value(1, 2)}},
          history.memory_bytes(),
          history.pushed()};
}

void notes_stay_with_their_row(void**) {
  const Noted noted = note_twice();
  assert_near(noted.notes[0][0], 8.0, 0, 0);
  assert_true(std::isnan(noted.notes[0][1]));
  assert_true(std::isnan(noted.notes[1][0]));
  assert_near(noted.notes[1][1], 7.0, 0, 0);
  assert_int_equal(noted.bytes, 2 * (3 * 4 + 8));
  assert_int_equal(noted.pushed, 3);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(it_keeps_the_newest_rows_in_order, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_absent_is_not_a_number, setup, teardown),
    cmocka_unit_test(notes_stay_with_their_row),
    cmocka_unit_test_setup_teardown(its_bytes_are_known_before_it_is_built, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
