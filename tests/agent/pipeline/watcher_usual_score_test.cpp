// What the score of a model usually is, as a watcher learns it.

#include "tests/agent/pipeline/watcher_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::tests;

namespace {

Bench& get(void** state) { return *static_cast<Bench*>(*state); }

// The fake model's log super-epsilon is minus its surprise.
void quiet(Bench& bench, int steps) {
  for (int i = 0; i < steps; ++i) bench.step(i % 2 == 0 ? 0.25 : 0.75);
}

void it_is_that_of_the_samples_it_learned(void** state) {
  Bench& bench = get(state);
  quiet(bench, 60);
  assert_true(bench.watcher->usual_score().known());
  assert_near(bench.watcher->usual_score().mean(), -0.5, 1e-6, 0);
  assert_near(bench.watcher->usual_score().variance(), 0.0625, 1e-6, 0);
}

void what_is_strange_or_muted_is_not_of_it(void** state) {
  Bench& bench = get(state);
  quiet(bench, 60);
  for (int i = 0; i < 5; ++i) bench.step(kStrange);
  for (int i = 0; i < 5; ++i) bench.step(0.5, true);
  assert_near(bench.watcher->usual_score().moments().count, 60.0, 0, 0);
}

void a_sample_in_which_a_feature_is_absent_does_not_compare(void** state) {
  Bench& bench = get(state);
  quiet(bench, 2);
  bench.model->features_missing = 1;
  bench.step(0.5);
  assert_near(bench.watcher->usual_score().moments().count, 2.0, 0, 0);
}

void it_is_forgotten_with_what_was_learned(void** state) {
  Bench& bench = get(state);
  quiet(bench, 60);
  bench.watcher->relearn();
  assert_false(bench.watcher->usual_score().known());
}

void a_level_that_was_accepted_has_another(void** state) {
  Bench& bench = get(state);
  quiet(bench, 60);
  for (int i = 0; i < 30 && bench.model->accepted == 0; ++i) bench.step(kStrange);
  assert_int_equal(bench.model->accepted, 1);
  assert_false(bench.watcher->usual_score().known());
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(it_is_that_of_the_samples_it_learned, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_strange_or_muted_is_not_of_it, setup_patient, teardown),
    cmocka_unit_test_setup_teardown(a_sample_in_which_a_feature_is_absent_does_not_compare, setup, teardown),
    cmocka_unit_test_setup_teardown(it_is_forgotten_with_what_was_learned, setup, teardown),
    cmocka_unit_test_setup_teardown(a_level_that_was_accepted_has_another, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
