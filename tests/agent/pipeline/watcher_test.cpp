#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cmath>

#include "models/baseline/seasonal_baseline.h"
#include "platform/host/linux_clock.h"
#include "tests/agent/pipeline/watcher_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::EpisodeEvents;
using epsilond::agent::find_feature;
using epsilond::models::SeasonalBaseline;
using epsilond::platform::Flag;
using epsilond::platform::FlagEvent;
using epsilond::tests::Bench;
using epsilond::tests::kAudible;
using epsilond::tests::kBroken;
using epsilond::tests::kStrange;
using epsilond::tests::setup;
using epsilond::tests::setup_patient;
using epsilond::tests::setup_two_of_three;
using epsilond::tests::teardown;

namespace {

void the_model_sees_its_own_columns_transformed(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(0.0);
  assert_int_equal(bench.model->last_present.count(), 2);
  assert_near(bench.model->last_values[0], 1e9, 0, 0);
  assert_near(bench.model->last_values[1], std::log(2.0), 1e-15, 0);
}

void an_absent_reading_stays_absent(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.readings.present.reset(*find_feature("mem_used_bytes"));
  bench.step(0.0);
  assert_false(bench.model->last_present.test(0));
  assert_true(bench.model->last_present.test(1));
}

void the_model_lives_in_local_time(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(0.0);
  assert_near(bench.model->last_local_time_s, 1795305601.0 + 7200.0, 0, 0);
}

void usual_rows_are_learned_and_strange_ones_held(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(0.0);
  bench.step(kStrange);
  bench.step(kStrange);
  assert_int_equal(bench.model->learned, 1);
  assert_int_equal(bench.model->held, 2);
}

void nothing_is_learned_until_the_episode_is_cleared(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(kStrange);
  bench.step(0.0);
  bench.step(0.0);
  assert_int_equal(bench.model->learned, 0);
  const EpisodeEvents events = bench.step(0.0);
  assert_int_equal(events.count, 1);
  assert_true(events.events[0] == FlagEvent::kCleared);
  assert_int_equal(bench.model->discarded, 2);  // at the raise and at the end
  bench.step(0.0);
  assert_true(bench.model->learned >= 1);
}

void a_lasting_level_is_accepted_and_announced_once(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  int learned_events = 0;
  for (int i = 0; i < 12; ++i) {
    const EpisodeEvents events = bench.step(kStrange);
    for (std::size_t k = 0; k < events.count; ++k) learned_events += events.events[k] == FlagEvent::kLearned;
    if (learned_events > 0) break;
  }
  assert_int_equal(learned_events, 1);
  assert_int_equal(bench.model->accepted, 1);
  assert_false(bench.watcher->anomalous());
}

void what_was_held_before_an_episode_is_not_of_it(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(kStrange);
  assert_int_equal(bench.model->discarded, 1);
  assert_int_equal(bench.model->held, 1);
}

void a_gap_neither_clears_nor_accepts(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.readings.elapsed_s = 1e6;
  assert_int_equal(bench.step(kStrange).count, 1);
  assert_int_equal(bench.model->accepted, 0);
  assert_true(bench.watcher->anomalous());
}

void a_flag_carries_the_numbers_of_its_moment(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  const EpisodeEvents events = bench.step(kStrange);
  assert_int_equal(events.count, 1);
  Flag flag;
  bench.watcher->describe(events.events[0], flag);
  assert_true(flag.event == FlagEvent::kRaised);
  assert_string_equal(flag.model.c_str(), "host");
  assert_near(flag.surprise, kStrange, 0, 0);
  assert_near(flag.log_super_epsilon, -kStrange, 0, 0);
  assert_true(flag.threshold > 0.0 && flag.threshold < kStrange);
  assert_true(flag.critical);
  assert_true(flag.wall == bench.time.wall);
  assert_string_equal(flag.id.c_str(), "host-20261122T000001Z-1");
}

void the_ending_keeps_the_id_and_leaves_out_the_quiet_time(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(kStrange);
  bench.step(kStrange);
  bench.step(kStrange);
  bench.step(0.0);
  bench.step(0.0);
  const EpisodeEvents events = bench.step(0.0);
  assert_int_equal(events.count, 1);
  Flag flag;
  bench.watcher->describe(events.events[0], flag);
  assert_string_equal(flag.id.c_str(), "host-20261122T000001Z-1");
  assert_near(flag.duration_s, 2.0, 1e-9, 0);
}

void after_a_break_it_scores_but_raises_and_learns_nothing(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  assert_int_equal(bench.step(kStrange, kAudible, kBroken).count, 0);
  assert_true(bench.watcher->in_grace());
  assert_near(bench.watcher->latest().score.surprise, kStrange, 0, 0);
  assert_true(bench.watcher->latest().verdict.strange);
  for (int i = 0; i < 4; ++i) assert_int_equal(bench.step(i % 2 == 0 ? 0.0 : kStrange).count, 0);
  assert_int_equal(bench.model->learned, 0);
  assert_int_equal(bench.model->held, 0);
}

void what_is_still_strange_after_the_grace_is_raised_at_once(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(kStrange, kAudible, kBroken);
  for (int i = 0; i < 4; ++i) bench.step(kStrange);
  assert_int_equal(bench.step(kStrange).count, 1);
  assert_false(bench.watcher->in_grace());
}

void an_open_episode_goes_on_over_a_break_with_its_time_and_is_cleared_in_the_grace(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  assert_int_equal(bench.step(kStrange).count, 1);
  bench.readings.elapsed_s = 300.0;
  bench.step(kStrange, kAudible, kBroken);
  assert_true(bench.watcher->anomalous());
  bench.readings.elapsed_s = 1.0;
  bench.step(0.0);
  bench.step(0.0);
  const EpisodeEvents events = bench.step(0.0);
  assert_int_equal(events.count, 1);
  assert_true(events.events[0] == FlagEvent::kCleared);
  Flag flag;
  bench.watcher->describe(FlagEvent::kCleared, flag);
  assert_near(flag.duration_s, 300.0, 1e-9, 0);
  assert_int_equal(bench.step(kStrange).count, 0);  // the grace is not over
}

void what_was_strange_before_a_break_does_not_help_to_raise_after_it(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.step(kStrange);
  bench.step(0.0, kAudible, kBroken);
  for (int i = 0; i < 4; ++i) bench.step(0.0);
  assert_int_equal(bench.step(kStrange).count, 0);
  assert_int_equal(bench.step(kStrange).count, 1);
}

void a_model_in_warm_up_learns_on_over_a_break(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.model->ratio = 0.5;
  bench.watcher->begin_grace();
  bench.step(0.0, kAudible, kBroken);
  assert_int_equal(bench.model->learned, 1);
  bench.model->ratio = 1.0;
  bench.step(0.0);
  assert_false(bench.watcher->in_grace());
  assert_int_equal(bench.model->learned, 2);
}

// One clock, over the end of summer time on 2026-10-25 at 01:00 UTC: the hour from two to three comes twice.
void the_hour_of_the_model_is_that_of_the_clock_on_the_wall_when_summer_time_ends(void** state) {
  if (::access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0) {
    print_message("no time zone data on this machine\n");
    skip();
  }
  auto& bench = *static_cast<Bench*>(*state);
  ::setenv("TZ", "Europe/Berlin", 1);
  const epsilond::platform::LinuxClock clock;
  constexpr std::int64_t kMidnight = 1792886400;  // 2026-10-25 00:00 UTC
  constexpr std::array<std::size_t, 6> kHalfHours = {3, 4, 5, 4, 5, 6};  // of the local day, from 23:45 UTC on
  for (std::size_t i = 0; i < kHalfHours.size(); ++i) {
    bench.time.wall = std::chrono::seconds(kMidnight - 900 + 1800 * static_cast<std::int64_t>(i) - 1);
    bench.time.utc_offset = clock.utc_offset(bench.time.wall);
    bench.step(0.0);
    const SeasonalBaseline::Slot slot = SeasonalBaseline::slot(bench.model->last_local_time_s);
    assert_int_equal(slot.day_bin[slot.day_weight[1] > slot.day_weight[0] ? 1 : 0], kHalfHours[i]);
    assert_int_equal(slot.week_bin, 6 * 24 + kHalfHours[i] / 2);  // a Sunday; weeks begin on Monday
  }
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_model_sees_its_own_columns_transformed, setup, teardown),
    cmocka_unit_test_setup_teardown(an_absent_reading_stays_absent, setup, teardown),
    cmocka_unit_test_setup_teardown(the_model_lives_in_local_time, setup, teardown),
    cmocka_unit_test_setup_teardown(usual_rows_are_learned_and_strange_ones_held, setup, teardown),
    cmocka_unit_test_setup_teardown(nothing_is_learned_until_the_episode_is_cleared, setup, teardown),
    cmocka_unit_test_setup_teardown(a_lasting_level_is_accepted_and_announced_once, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_held_before_an_episode_is_not_of_it, setup, teardown),
    cmocka_unit_test_setup_teardown(a_gap_neither_clears_nor_accepts, setup, teardown),
    cmocka_unit_test_setup_teardown(after_a_break_it_scores_but_raises_and_learns_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_still_strange_after_the_grace_is_raised_at_once, setup, teardown),
    cmocka_unit_test_setup_teardown(an_open_episode_goes_on_over_a_break_with_its_time_and_is_cleared_in_the_grace,
                                    setup_patient, teardown),
    cmocka_unit_test_setup_teardown(what_was_strange_before_a_break_does_not_help_to_raise_after_it, setup_two_of_three,
                                    teardown),
    cmocka_unit_test_setup_teardown(a_model_in_warm_up_learns_on_over_a_break, setup, teardown),
    cmocka_unit_test_setup_teardown(the_hour_of_the_model_is_that_of_the_clock_on_the_wall_when_summer_time_ends, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(a_flag_carries_the_numbers_of_its_moment, setup, teardown),
    cmocka_unit_test_setup_teardown(the_ending_keeps_the_id_and_leaves_out_the_quiet_time, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
