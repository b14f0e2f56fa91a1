// What a watcher tells, and what it keeps to itself: mutes, severity, the recovery, flapping.

#include "tests/agent/pipeline/watcher_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::EpisodeEvents;
using epsilond::agent::ModelConfig;
using epsilond::platform::Flag;
using epsilond::platform::FlagEvent;
using epsilond::tests::Bench;
using epsilond::tests::kStrange;
using epsilond::tests::setup;
using epsilond::tests::setup_patient;
using epsilond::tests::setup_two_of_three;
using epsilond::tests::setup_with;
using epsilond::tests::teardown;

namespace {

int setup_flapping(void** state) {
  ModelConfig config;
  config.flap_count = 2;
  config.flap_window_s = 60.0;
  return setup_with(config, state);
}

void while_muted_it_scores_but_neither_learns_nor_speaks(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  assert_int_equal(bench.step(0.0, true).count, 0);
  assert_int_equal(bench.step(kStrange, true).count, 0);
  assert_int_equal(bench.model->learned, 0);
  assert_int_equal(bench.model->held, 0);
  assert_false(bench.watcher->anomalous());
  assert_near(bench.watcher->latest().score.surprise, kStrange, 0, 0);
}

void an_episode_open_when_muting_begins_is_cleared_after_it(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  assert_int_equal(bench.step(kStrange).count, 1);
  for (int i = 0; i < 60; ++i) assert_int_equal(bench.step(0.0, true).count, 0);
  std::size_t cleared = 0;
  for (int i = 0; i < 4; ++i) cleared += bench.step(0.0).count;
  assert_int_equal(cleared, 1);
}

void the_time_of_a_mute_is_time_of_the_episode(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  assert_int_equal(bench.step(kStrange).count, 1);
  for (int i = 0; i < 60; ++i) bench.step(i < 40 ? kStrange : 0.0, true);
  assert_true(bench.watcher->anomalous());
  EpisodeEvents events;
  for (int i = 0; i < 3; ++i) events = bench.step(0.0);
  assert_int_equal(events.count, 1);
  Flag flag;
  bench.watcher->describe(events.events[0], flag);
  assert_near(flag.duration_s, 40.0, 1e-9, 0);
}

void what_begins_in_a_mute_and_lasts_is_raised_after_it(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  for (int i = 0; i < 60; ++i) assert_int_equal(bench.step(kStrange, true).count, 0);
  assert_int_equal(bench.step(kStrange).count, 1);
}

void what_was_strange_before_a_mute_does_not_help_to_raise_after_it(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(kStrange);
  for (int i = 0; i < 3; ++i) bench.step(0.0, true);
  assert_int_equal(bench.step(kStrange).count, 0);
  assert_int_equal(bench.step(kStrange).count, 1);
}

void a_level_is_not_accepted_during_a_mute(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(kStrange);
  for (int i = 0; i < 100; ++i) bench.step(kStrange, true);
  assert_int_equal(bench.model->accepted, 0);
  assert_int_equal(bench.step(kStrange).count, 0);
}

void a_grace_runs_out_while_muted(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.watcher->begin_grace();
  for (int i = 0; i < 5; ++i) bench.step(0.0, true);
  assert_int_equal(bench.step(kStrange).count, 1);
}

void the_ending_says_the_duration_and_the_strangest_moment(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(kStrange);
  bench.step(2.0 * kStrange);
  EpisodeEvents events;
  for (int i = 0; i < 3; ++i) events = bench.step(0.0);
  Flag flag;
  bench.watcher->describe(events.events[0], flag);
  assert_true(flag.event == FlagEvent::kCleared);
  assert_near(flag.surprise, 2.0 * kStrange, 0, 0);
  assert_true(flag.text.view().starts_with("back to usual after 1 s; at its strangest "));
}

void an_event_is_critical_from_its_surprise_on(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(12.0);
  Flag flag;
  bench.watcher->describe(FlagEvent::kRaised, flag);
  assert_true(flag.critical);
  for (int i = 0; i < 3; ++i) bench.step(0.0);
  bench.step(11.9);
  bench.watcher->describe(FlagEvent::kRaised, flag);
  assert_false(flag.critical);
}

void a_flapping_model_says_so_and_how_often_it_came(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  Flag flag;
  const auto come_and_go = [&bench] {
    bench.step(kStrange);
    EpisodeEvents events;
    for (int i = 0; i < 3; ++i) events = bench.step(0.0);
    return events;
  };
  assert_true(come_and_go().events[0] == FlagEvent::kCleared);
  const EpisodeEvents rests = come_and_go();
  assert_int_equal(rests.count, 1);
  assert_true(rests.events[0] == FlagEvent::kOngoing);
  bench.watcher->describe(FlagEvent::kOngoing, flag);
  assert_true(flag.text.view().ends_with("; flapping: told as one until it has been quiet for 1 min 0 s"));
  assert_near(flag.surprise, kStrange, 0, 0);  // of the strangest moment, not of the quiet one
  assert_false(bench.watcher->anomalous());
  assert_int_equal(come_and_go().count, 0);
  EpisodeEvents events;
  for (int i = 0; i < 60 && events.count == 0; ++i) events = bench.step(0.0);
  assert_true(events.count == 1 && events.events[0] == FlagEvent::kCleared);
  bench.watcher->describe(FlagEvent::kCleared, flag);
  assert_true(flag.text.view().ends_with("; flapping: raised 2 times"));
}

void between_two_raises_of_a_flapping_model_it_learns(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  for (int round = 0; round < 2; ++round) {
    bench.step(kStrange);
    for (int i = 0; i < 3; ++i) bench.step(0.0);
  }
  assert_true(bench.watcher->episode().resting());
  const int learned = bench.model->learned;
  for (int i = 0; i < 10; ++i) bench.step(0.0);
  assert_int_equal(bench.model->learned, learned + 10);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(while_muted_it_scores_but_neither_learns_nor_speaks, setup, teardown),
    cmocka_unit_test_setup_teardown(an_episode_open_when_muting_begins_is_cleared_after_it, setup, teardown),
    cmocka_unit_test_setup_teardown(the_time_of_a_mute_is_time_of_the_episode, setup_patient, teardown),
    cmocka_unit_test_setup_teardown(what_begins_in_a_mute_and_lasts_is_raised_after_it, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_strange_before_a_mute_does_not_help_to_raise_after_it, setup_two_of_three,
                                    teardown),
    cmocka_unit_test_setup_teardown(a_level_is_not_accepted_during_a_mute, setup, teardown),
    cmocka_unit_test_setup_teardown(a_grace_runs_out_while_muted, setup, teardown),
    cmocka_unit_test_setup_teardown(the_ending_says_the_duration_and_the_strangest_moment, setup, teardown),
    cmocka_unit_test_setup_teardown(an_event_is_critical_from_its_surprise_on, setup, teardown),
    cmocka_unit_test_setup_teardown(a_flapping_model_says_so_and_how_often_it_came, setup_flapping, teardown),
    cmocka_unit_test_setup_teardown(between_two_raises_of_a_flapping_model_it_learns, setup_flapping, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
