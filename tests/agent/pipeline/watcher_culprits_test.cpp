// Whom the episodes of a watcher name, and when they look for them.

#include <memory>
#include <string_view>
#include <utility>

#include "agent/pipeline/watcher.h"
#include "tests/support/fake_growth.h"
#include "tests/support/fake_model.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::EpisodeEvents;
using epsilond::agent::find_feature;
using epsilond::agent::ModelConfig;
using epsilond::agent::Readings;
using epsilond::agent::StepTime;
using epsilond::agent::Watcher;
using epsilond::platform::Flag;
using epsilond::platform::FlagEvent;
using epsilond::platform::GrowthKind;
using epsilond::tests::FakeGrowth;
using epsilond::tests::FakeModel;

namespace {

constexpr double kStrange = 20.0;

// A watcher over a fake model, which names its first feature first.
struct Bench {
  FakeModel* model = nullptr;
  std::unique_ptr<Watcher> watcher;
  FakeGrowth growth;
  Readings readings;
  StepTime time;

  // As the pipeline does it.
  EpisodeEvents step(double surprise) {
    model->next_surprise = surprise;
    time.wall += std::chrono::seconds(1);
    const EpisodeEvents events = watcher->step(readings, time, {readings.elapsed_s, false}, false);
    watcher->find_culprits(events, growth);
    return events;
  }
};

int setup_with(std::string_view feature, double settle_s, double remind_after_s, void** state) {
  ModelConfig config;
  config.features.set(*find_feature(feature));
  config.clear_after_s = 3.0;
  config.settle_s = settle_s;
  config.remind_after_s = remind_after_s;
  auto* bench = new Bench;
  auto model = std::make_unique<FakeModel>(1);
  bench->model = model.get();
  bench->watcher = std::make_unique<Watcher>(config, 1.0, epsilond::agent::features(), std::move(model));
  bench->readings.elapsed_s = 1.0;
  bench->readings.values[*find_feature(feature)] = 5e9;
  bench->readings.present.set(*find_feature(feature));
  bench->time.wall = std::chrono::seconds(1795305600);
  *state = bench;
  return 0;
}

int setup(void** state) { return setup_with("mem_used_bytes", 0.0, 0.0, state); }
// A symptom: the episode is announced after three seconds, and reminded of every four.
int setup_slow_to_tell(void** state) { return setup_with("load_1min", 3.0, 4.0, state); }

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

void who_did_it_is_looked_for_once_and_told_in_every_event(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.growth.add(GrowthKind::kMemory, "postgres", 4411, "rss_bytes", 5.6e9);
  bench.step(0.0);
  assert_int_equal(bench.growth.looks, 0);
  bench.step(kStrange);
  Flag flag;
  bench.watcher->describe(FlagEvent::kRaised, flag);
  assert_int_equal(flag.process_count, 1);
  assert_int_equal(flag.processes[0].pid, 4411);
  assert_true(flag.text.view().find("; postgres[4411] +5.6 GB") != std::string_view::npos);
  for (const double surprise : {kStrange, kStrange, 0.0, 0.0}) bench.step(surprise);
  assert_int_equal(bench.step(0.0).count, 1);
  assert_int_equal(bench.growth.looks, 1);
  flag = Flag();
  bench.watcher->describe(FlagEvent::kCleared, flag);
  assert_int_equal(flag.process_count, 1);
  assert_true(flag.text.view().find("postgres") == std::string_view::npos);
}

void the_next_episode_names_its_own(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.growth.add(GrowthKind::kMemory, "postgres", 4411, "rss_bytes", 5.6e9);
  bench.step(kStrange);
  for (int i = 0; i < 3; ++i) bench.step(0.0);
  bench.growth.count = 0;
  bench.step(kStrange);
  assert_int_equal(bench.growth.looks, 2);
  Flag flag;
  bench.watcher->describe(FlagEvent::kRaised, flag);
  assert_int_equal(flag.process_count, 0);
}

void with_nobody_found_it_looks_again_when_the_episode_is_told(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.growth.has_past = false;
  for (int i = 0; i < 3; ++i) assert_int_equal(bench.step(kStrange).count, 0);
  assert_int_equal(bench.growth.looks, 1);
  assert_int_equal(bench.step(kStrange).count, 1);
  assert_int_equal(bench.growth.looks, 2);
  bench.growth.has_past = true;
  bench.growth.add(GrowthKind::kCpu, "hog", 7, "cpu_seconds", 4);
  for (int i = 0; i < 3; ++i) bench.step(kStrange);
  assert_int_equal(bench.growth.looks, 2);
  assert_int_equal(bench.step(kStrange).count, 1);  // the reminder
  assert_int_equal(bench.growth.looks, 3);
  Flag flag;
  bench.watcher->describe(FlagEvent::kOngoing, flag);
  assert_int_equal(flag.process_count, 1);
}

void a_better_explanation_is_worth_another_look_that_may_find_nobody(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.growth.add(GrowthKind::kCpu, "hog", 7, "cpu_seconds", 4);
  bench.step(kStrange);
  bench.growth.count = 0;
  for (int i = 1; i <= 3; ++i) bench.step(kStrange + i);
  assert_int_equal(bench.growth.looks, 2);
  Flag flag;
  bench.watcher->describe(FlagEvent::kRaised, flag);
  assert_int_equal(flag.process_count, 1);
  assert_int_equal(flag.processes[0].pid, 7);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(who_did_it_is_looked_for_once_and_told_in_every_event, setup, teardown),
    cmocka_unit_test_setup_teardown(the_next_episode_names_its_own, setup, teardown),
    cmocka_unit_test_setup_teardown(with_nobody_found_it_looks_again_when_the_episode_is_told, setup_slow_to_tell,
                                    teardown),
    cmocka_unit_test_setup_teardown(a_better_explanation_is_worth_another_look_that_may_find_nobody,
                                    setup_slow_to_tell, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
