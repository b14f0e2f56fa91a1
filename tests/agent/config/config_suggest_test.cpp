#include "agent/config/config_suggest.h"

#include <array>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::closest;
using epsilond::agent::edit_distance;

namespace {

constexpr std::array<std::string_view, 4> kNames = {"interval", "host", "cpu_budget", "load_15min"};

void equal_texts_are_at_distance_0(void**) { assert_int_equal(edit_distance("interval", "interval"), 0); }

void case_costs_nothing(void**) { assert_int_equal(edit_distance("InterVAL", "interval"), 0); }

void each_edit_costs_1(void**) {
  assert_int_equal(edit_distance("interva", "interval"), 1);
  assert_int_equal(edit_distance("intervall", "interval"), 1);
  assert_int_equal(edit_distance("intervul", "interval"), 1);
}

void a_swap_of_neighbours_costs_1(void**) { assert_int_equal(edit_distance("modle", "model"), 1); }

// The classic example of Levenshtein's distance.
void kitten_is_3_from_sitting(void**) { assert_int_equal(edit_distance("kitten", "sitting"), 3); }

void nothing_is_its_length_away(void**) {
  assert_int_equal(edit_distance("", "abcde"), 5);
  assert_int_equal(edit_distance("abcde", ""), 5);
}

void distance_is_symmetric(void**) {
  for (const std::string_view a : kNames)
    for (const std::string_view b : kNames) assert_int_equal(edit_distance(a, b), edit_distance(b, a));
}

void the_closest_name_is_found(void**) { assert_true(closest("intrval", kNames) == "interval"); }

void a_far_name_is_not_suggested(void**) { assert_true(closest("colour", kNames).empty()); }

void the_only_name_with_that_beginning_is_suggested(void**) { assert_true(closest("cpu", kNames) == "cpu_budget"); }

void an_empty_text_suggests_nothing(void**) { assert_true(closest("", kNames).empty()); }

void a_text_of_thousands_of_bytes_suggests_nothing(void**) {
  static char text[5000];
  std::memset(text, 'x', sizeof text);
  assert_true(closest(std::string_view(text, sizeof text), kNames).empty());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(equal_texts_are_at_distance_0),
    cmocka_unit_test(case_costs_nothing),
    cmocka_unit_test(each_edit_costs_1),
    cmocka_unit_test(a_swap_of_neighbours_costs_1),
    cmocka_unit_test(kitten_is_3_from_sitting),
    cmocka_unit_test(nothing_is_its_length_away),
    cmocka_unit_test(distance_is_symmetric),
    cmocka_unit_test(the_closest_name_is_found),
    cmocka_unit_test(a_far_name_is_not_suggested),
    cmocka_unit_test(the_only_name_with_that_beginning_is_suggested),
    cmocka_unit_test(an_empty_text_suggests_nothing),
    cmocka_unit_test(a_text_of_thousands_of_bytes_suggests_nothing),
};
EPSILOND_TEST_MAIN(kTests)
