#include "models/decision/learning_gate.h"

#include <limits>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::models::GateDecision;
using epsilond::models::LearningGate;
using epsilond::models::Verdict;

namespace {

constexpr Verdict kStrange{true, true, 0.0};
constexpr Verdict kQuiet{true, false, 0.0};
constexpr Verdict kUnjudged{false, false, 0.0};

void the_everyday_is_learned(void**) {
  assert_true(LearningGate(60.0).decide(kQuiet, false, 1.0, 1e9) == GateDecision::kLearn);
}

void a_learning_model_learns_what_nobody_judges(void**) {
  assert_true(LearningGate(60.0).decide(kUnjudged, false, 1.0, 1e9) == GateDecision::kLearn);
}

void a_strange_sample_is_held_even_before_an_episode(void**) {
  assert_true(LearningGate(60.0).decide(kStrange, false, 1.0, 1e9) == GateDecision::kHold);
}

void nothing_is_learned_during_an_episode(void**) {
  LearningGate gate(60.0);
  for (const Verdict& verdict : {kStrange, kQuiet, kUnjudged})
    assert_true(gate.decide(verdict, true, 1.0, 1e9) == GateDecision::kHold);
}

// The first row of an episode, after a pause that is not of it.
void begin(LearningGate& gate, double learned_s = 1e9) { gate.decide(kStrange, true, 1000.0, learned_s); }

void the_time_before_its_first_row_is_not_of_an_episode(void**) {
  LearningGate gate(60.0);
  assert_true(gate.decide(kStrange, true, 1e6, 1e9) == GateDecision::kHold);
  assert_true(gate.decide(kStrange, true, 59.0, 1e9) == GateDecision::kHold);
}

void a_level_that_lasts_is_accepted_once(void**) {
  LearningGate gate(60.0);
  begin(gate);
  assert_true(gate.decide(kStrange, true, 59.0, 1e9) == GateDecision::kHold);
  assert_true(gate.decide(kStrange, true, 1.0, 1e9) == GateDecision::kAccept);
  assert_true(gate.decide(kQuiet, false, 1.0, 1e9) == GateDecision::kLearn);
}

void an_episode_that_follows_at_once_has_a_clock_of_its_own(void**) {
  LearningGate gate(60.0);
  begin(gate);
  gate.decide(kStrange, true, 60.0, 1e9);
  begin(gate);
  assert_true(gate.decide(kStrange, true, 59.0, 1e9) == GateDecision::kHold);
  assert_true(gate.decide(kStrange, true, 1.0, 1e9) == GateDecision::kAccept);
}

void the_next_episode_may_be_accepted_again(void**) {
  LearningGate gate(60.0);
  begin(gate);
  gate.decide(kStrange, true, 60.0, 1e9);
  gate.decide(kQuiet, false, 1.0, 1e9);
  begin(gate);
  assert_true(gate.decide(kStrange, true, 60.0, 1e9) == GateDecision::kAccept);
}

void short_episodes_do_not_add_up(void**) {
  LearningGate gate(60.0);
  for (int i = 0; i < 10; ++i) {
    begin(gate);
    assert_true(gate.decide(kStrange, true, 50.0, 1e9) == GateDecision::kHold);
    gate.decide(kQuiet, false, 1.0, 1e9);
  }
}

void infinity_means_never(void**) {
  LearningGate gate(std::numeric_limits<double>::infinity());
  constexpr double kForEver = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 10; ++i) assert_true(gate.decide(kStrange, true, 1e300, kForEver) == GateDecision::kHold);
}

void a_young_model_yields_after_as_long_as_it_has_learned(void**) {
  LearningGate gate(86400.0);
  begin(gate, 1800.0);
  assert_true(gate.decide(kStrange, true, 1799.0, 1800.0) == GateDecision::kHold);
  assert_true(gate.decide(kStrange, true, 1.0, 1800.0) == GateDecision::kAccept);
}

void even_the_youngest_model_holds_out_for_ten_minutes(void**) {
  LearningGate gate(86400.0);
  begin(gate, 60.0);
  assert_true(gate.decide(kStrange, true, 599.0, 60.0) == GateDecision::kHold);
  assert_true(gate.decide(kStrange, true, 1.0, 60.0) == GateDecision::kAccept);
}

void reset_starts_the_clock_anew(void**) {
  LearningGate gate(60.0);
  begin(gate);
  gate.decide(kStrange, true, 59.0, 1e9);
  gate.reset();
  begin(gate);
  assert_true(gate.decide(kStrange, true, 59.0, 1e9) == GateDecision::kHold);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_everyday_is_learned),
    cmocka_unit_test(a_learning_model_learns_what_nobody_judges),
    cmocka_unit_test(a_strange_sample_is_held_even_before_an_episode),
    cmocka_unit_test(nothing_is_learned_during_an_episode),
    cmocka_unit_test(the_time_before_its_first_row_is_not_of_an_episode),
    cmocka_unit_test(a_level_that_lasts_is_accepted_once),
    cmocka_unit_test(an_episode_that_follows_at_once_has_a_clock_of_its_own),
    cmocka_unit_test(the_next_episode_may_be_accepted_again),
    cmocka_unit_test(short_episodes_do_not_add_up),
    cmocka_unit_test(infinity_means_never),
    cmocka_unit_test(a_young_model_yields_after_as_long_as_it_has_learned),
    cmocka_unit_test(even_the_youngest_model_holds_out_for_ten_minutes),
    cmocka_unit_test(reset_starts_the_clock_anew),
};
EPSILOND_TEST_MAIN(kTests)
