// The whole pipeline on a simulated machine: limits stated as numbers.

#include "agent/pipeline/pipeline.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/support/recording_emitter.h"
#include "tests/support/simulated_host.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Config;
using epsilond::agent::features;
using epsilond::agent::ModelConfig;
using epsilond::agent::MuteConfig;
using epsilond::agent::Pipeline;
using epsilond::agent::StepTime;
using epsilond::platform::Flag;
using epsilond::platform::FlagEvent;
using epsilond::tests::SimulatedHost;

namespace {

constexpr long kStart = 1795305600;  // 2026-11-22 00:00 UTC, a Sunday
constexpr long kUptime = 86400;
constexpr long kGrace = 120;  // by default

struct Bench {
  explicit Bench(const Config& config) : host(epsilond::tests::test_seed()) {
    std::vector<std::unique_ptr<epsilond::platform::Emitter>> emitters;
    emitters.push_back(std::make_unique<epsilond::tests::RecordingEmitter>(&flags));
    pipeline = std::make_unique<Pipeline>(config, epsilond::agent::features_for({8e9, 2.0}), std::move(emitters));
  }

  void run(long seconds) {
    for (long i = 0; i < seconds; ++i) {
      const auto sample = host.next();
      pipeline->step(sample, now());
    }
  }
  StepTime now() const {
    const long awake = host.second();
    return {.wall = std::chrono::seconds(kStart + awake + slept_s + clock_set_s),
            .since_boot = std::chrono::seconds(kUptime + awake + slept_s)};
  }
  // Seconds until an event of this kind, or -1 within the limit.
  long run_until(FlagEvent event, long limit) {
    const std::uint64_t before = pipeline->event_count(event);
    for (long i = 1; i <= limit; ++i) {
      run(1);
      if (pipeline->event_count(event) != before) return i;
    }
    return -1;
  }
  bool last_names(const char* feature) const { return flags.back().features[0].name == feature; }

  SimulatedHost host;
  long slept_s = 0;      // what the monotonic clock has not seen
  long clock_set_s = 0;  // what the wall clock was set on by
  std::vector<Flag> flags;
  std::unique_ptr<Pipeline> pipeline;
};

Config short_warm_up() {
  Config config;
  config.host = "simulated";
  config.history_s = 600;
  ModelConfig model;
  for (std::size_t i = 0; i < features().size(); ++i) model.features.set(i);
  model.warm_up_s = 60;
  config.models.push_back(model);
  return config;
}

int setup(void** state) {
  *state = new Bench(short_warm_up());
  return 0;
}

int setup_muted(void** state) {
  Config config = short_warm_up();
  MuteConfig mute;
  mute.name = "backup";
  mute.days.set();
  mute.start_minute = 10;
  mute.end_minute = 20;
  config.mutes.push_back(mute);
  *state = new Bench(config);
  return 0;
}

int setup_diary(void** state) {
  Config config = short_warm_up();
  config.models[0].transform = false;
  config.models[0].baseline = epsilond::models::BaselineKind::kGlobal;
  config.models[0].threshold = epsilond::models::ThresholdForm::kEpsilon;
  config.models[0].epsilon = -200.0;
  config.models[0].features.reset();
  for (const char* name : {"load_1min", "mem_used_bytes", "processes", "zombies"})
    config.models[0].features.set(*epsilond::agent::find_feature(name));
  *state = new Bench(config);
  return 0;
}

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

void nothing_is_raised_during_warm_up(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(20);
  bench.host.extra_memory_bytes = 4e9;
  bench.run(35);
  assert_int_equal(bench.flags.size(), 0);
}

void six_quiet_hours_raise_at_most_one_episode(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(6 * 3600);
  assert_true(bench.pipeline->event_count(FlagEvent::kRaised) <= 1);
}

void a_memory_grab_is_raised_within_two_seconds_and_cleared(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.host.extra_memory_bytes = 2e9;
  const long delay = bench.run_until(FlagEvent::kRaised, 10);
  assert_in_range(delay, 1, 2);
  assert_true(bench.last_names("mem_used_bytes"));
  bench.run(20);
  bench.host.extra_memory_bytes = 0;
  const long cleared = bench.run_until(FlagEvent::kCleared, 120);
  assert_in_range(cleared, 30, 45);  // averages are over a few rows after the fault
}

void a_zombie_herd_is_raised_by_name(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.host.extra_zombies = 200;
  const long delay = bench.run_until(FlagEvent::kRaised, 10);
  assert_in_range(delay, 1, 2);
  assert_true(bench.last_names("zombies"));
}

void one_zombie_on_a_young_machine_is_raised_only_when_it_stays(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.host.extra_zombies = 1;
  assert_in_range(bench.run_until(FlagEvent::kRaised, 120), 10, 40);
}

void a_disk_burst_of_three_seconds_is_raised_by_name(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.host.extra_disk_write_bytes_per_s = 5e8;
  bench.run(3);
  bench.host.extra_disk_write_bytes_per_s = 0;
  bench.run(40);
  assert_int_equal(bench.pipeline->event_count(FlagEvent::kRaised), 1);
  assert_int_equal(bench.pipeline->event_count(FlagEvent::kCleared), 1);
  assert_true(bench.flags.front().features[0].name == "disk_write_bytes_per_s");
}

void the_episode_is_not_learned(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  const double before = bench.pipeline->watchers()[0]->model().learned_s();
  bench.host.extra_memory_bytes = 2e9;
  bench.run(200);
  assert_near(bench.pipeline->watchers()[0]->model().learned_s(), before, 1e-9, 0);
}

void a_muted_window_neither_raises_nor_learns(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(600);
  const double before = bench.pipeline->watchers()[0]->model().learned_s();
  bench.host.extra_memory_bytes = 2e9;
  bench.run(500);
  bench.host.extra_memory_bytes = 0;
  assert_int_equal(bench.flags.size(), 0);
  assert_true(bench.pipeline->muted());
  assert_near(bench.pipeline->watchers()[0]->model().learned_s(), before, 2.0, 0);
  bench.run(200);
  assert_false(bench.pipeline->muted());
}

void the_plain_product_of_densities_is_judged_by_its_epsilon(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  assert_int_equal(bench.flags.size(), 0);
  bench.host.extra_memory_bytes = 4e9;
  const long delay = bench.run_until(FlagEvent::kRaised, 10);
  assert_in_range(delay, 1, 2);
  assert_near(bench.flags.back().threshold, -200.0, 0, 0);
  assert_true(bench.flags.back().log_super_epsilon < -200.0);
}

// Replaces the pipeline of the bench by one of another configuration, as a reload does.
void reload(Bench& bench, const Config& config) {
  std::vector<std::unique_ptr<epsilond::platform::Emitter>> emitters;
  emitters.push_back(std::make_unique<epsilond::tests::RecordingEmitter>(&bench.flags));
  auto next = std::make_unique<Pipeline>(config, epsilond::agent::features_for({8e9, 2.0}), std::move(emitters));
  next->take_over(*bench.pipeline, bench.now());
  bench.pipeline = std::move(next);
}

void reload_same(Bench& bench) { reload(bench, short_warm_up()); }
void reload_other(Bench& bench) {
  Config config = short_warm_up();
  config.models[0].clear_after_s = 20;
  reload(bench, config);
}

void a_reload_carries_the_learning_over(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  const double learned = bench.pipeline->watchers()[0]->model().learned_s();
  reload_other(bench);
  assert_near(bench.pipeline->watchers()[0]->model().learned_s(), learned, 0, 0);
  assert_int_equal(bench.flags.size(), 0);
}

void an_open_episode_goes_on_over_a_reload_that_changes_nothing(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.host.extra_memory_bytes = 2e9;
  bench.run(10);
  reload_same(bench);
  assert_true(bench.pipeline->watchers()[0]->anomalous());
  bench.run(10);
  bench.host.extra_memory_bytes = 0;
  bench.run(45);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.flags[1].event == FlagEvent::kCleared);
  assert_string_equal(bench.flags[0].id.c_str(), bench.flags[1].id.c_str());
}

void an_open_episode_of_a_changed_model_is_ended_by_the_reload(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.host.extra_memory_bytes = 2e9;
  bench.run(10);
  reload_other(bench);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.flags[1].event == FlagEvent::kCleared);
  assert_string_equal(bench.flags[0].id.c_str(), bench.flags[1].id.c_str());
}

void a_reload_ends_nothing_that_was_not_told(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.host.extra_memory_bytes = 2e9;
  const long told = bench.run_until(FlagEvent::kRaised, 10);
  assert_true(told > 0);
  assert_int_equal(bench.flags.size(), 1);
  bench.host.extra_memory_bytes = 0;
  assert_true(bench.run_until(FlagEvent::kCleared, 120) > 0);
  reload_other(bench);
  assert_int_equal(bench.flags.size(), 2);
}

double learned_s(const Bench& bench) { return bench.pipeline->watchers()[0]->model().learned_s(); }

// After a break of whatever kind: a memory grab at the same moment is raised when the grace is over, and not before.
void expect_a_grace(Bench& bench) {
  const double learned = learned_s(bench);
  bench.host.extra_memory_bytes = 2e9;
  const long delay = bench.run_until(FlagEvent::kRaised, 200);
  assert_in_range(delay, kGrace + 1, kGrace + 2);
  assert_near(learned_s(bench), learned, 0, 0);
}

void after_a_sleep_nothing_is_raised_or_learned_during_the_grace(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.slept_s = 8L * 3600;
  expect_a_grace(bench);
}

void after_the_clock_was_set_nothing_is_raised_or_learned_during_the_grace(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.clock_set_s = -5L * 3600;
  expect_a_grace(bench);
}

void after_a_pause_nothing_is_raised_or_learned_during_the_grace(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  for (int i = 0; i < 3600; ++i) static_cast<void>(bench.host.next());  // of which the monotonic clock tells
  expect_a_grace(bench);
}

void after_a_boot_nothing_is_raised_or_learned_during_the_grace(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.pipeline->begin_grace();
  assert_true(bench.pipeline->in_grace());
  bench.host.extra_memory_bytes = 2e9;
  const long delay = bench.run_until(FlagEvent::kRaised, 200);
  assert_in_range(delay, kGrace, kGrace + 1);
}

void a_new_agent_on_a_fresh_machine_has_no_grace(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.pipeline->begin_grace();
  bench.run(70);
  assert_false(bench.pipeline->in_grace());
  assert_true(learned_s(bench) >= 60.0);
  bench.host.extra_memory_bytes = 4e9;
  const long delay = bench.run_until(FlagEvent::kRaised, 10);
  assert_in_range(delay, 1, 2);
}

void a_reload_within_the_grace_does_not_end_it(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.slept_s = 8L * 3600;
  bench.host.extra_memory_bytes = 2e9;
  bench.run(60);
  reload_other(bench);
  const long delay = bench.run_until(FlagEvent::kRaised, 200);
  assert_in_range(delay, kGrace - 60, kGrace - 60 + 3);
}

void a_recovery_during_a_sleep_is_told_in_the_grace(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.run(300);
  bench.host.extra_memory_bytes = 2e9;
  bench.run(10);
  bench.slept_s = 8L * 3600;
  bench.host.extra_memory_bytes = 0;
  const long cleared = bench.run_until(FlagEvent::kCleared, 120);
  assert_in_range(cleared, 30, 45);  // averages are over a few rows after the fault
  assert_true(bench.pipeline->in_grace());
  // To its last strange moment: before the sleep, of what was seen in 10 s, or just after it, with the sleep.
  const double after_sleep_s = bench.flags.back().duration_s - 8.0 * 3600;
  if (after_sleep_s < 0.0)
    assert_in_range(std::lround(bench.flags.back().duration_s), 7, 11);
  else
    assert_in_range(std::lround(after_sleep_s), 7, 45);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(nothing_is_raised_during_warm_up, setup, teardown),
    cmocka_unit_test_setup_teardown(six_quiet_hours_raise_at_most_one_episode, setup, teardown),
    cmocka_unit_test_setup_teardown(a_memory_grab_is_raised_within_two_seconds_and_cleared, setup, teardown),
    cmocka_unit_test_setup_teardown(a_zombie_herd_is_raised_by_name, setup, teardown),
    cmocka_unit_test_setup_teardown(one_zombie_on_a_young_machine_is_raised_only_when_it_stays, setup, teardown),
    cmocka_unit_test_setup_teardown(a_disk_burst_of_three_seconds_is_raised_by_name, setup, teardown),
    cmocka_unit_test_setup_teardown(the_episode_is_not_learned, setup, teardown),
    cmocka_unit_test_setup_teardown(a_muted_window_neither_raises_nor_learns, setup_muted, teardown),
    cmocka_unit_test_setup_teardown(the_plain_product_of_densities_is_judged_by_its_epsilon, setup_diary, teardown),
    cmocka_unit_test_setup_teardown(after_a_sleep_nothing_is_raised_or_learned_during_the_grace, setup, teardown),
    cmocka_unit_test_setup_teardown(after_the_clock_was_set_nothing_is_raised_or_learned_during_the_grace, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(after_a_pause_nothing_is_raised_or_learned_during_the_grace, setup, teardown),
    cmocka_unit_test_setup_teardown(after_a_boot_nothing_is_raised_or_learned_during_the_grace, setup, teardown),
    cmocka_unit_test_setup_teardown(a_new_agent_on_a_fresh_machine_has_no_grace, setup, teardown),
    cmocka_unit_test_setup_teardown(a_reload_within_the_grace_does_not_end_it, setup, teardown),
    cmocka_unit_test_setup_teardown(a_recovery_during_a_sleep_is_told_in_the_grace, setup, teardown),
    cmocka_unit_test_setup_teardown(a_reload_carries_the_learning_over, setup, teardown),
    cmocka_unit_test_setup_teardown(an_open_episode_goes_on_over_a_reload_that_changes_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(an_open_episode_of_a_changed_model_is_ended_by_the_reload, setup, teardown),
    cmocka_unit_test_setup_teardown(a_reload_ends_nothing_that_was_not_told, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
