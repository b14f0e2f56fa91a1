// The whole pipeline over the end of the agent and its next start: what was open is closed under its id, what was learned
// is there, and the time between counts.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/pipeline/pipeline.h"
#include "tests/support/recording_emitter.h"
#include "tests/support/simulated_host.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Config;
using epsilond::agent::features;
using epsilond::agent::find_feature;
using epsilond::agent::ModelConfig;
using epsilond::agent::Pipeline;
using epsilond::agent::StepTime;
using epsilond::platform::Flag;
using epsilond::platform::FlagEvent;
using epsilond::tests::Rng;
using epsilond::tests::SimulatedHost;

namespace {

constexpr long kStart = 1795305600;  // 2026-11-22 00:00 UTC
constexpr long kDay = 86400;

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

struct Bench {
  SimulatedHost host{epsilond::tests::test_seed()};
  long away_s = 0;
  long clock_set_s = 0;
  std::vector<Flag> flags;
  std::vector<std::byte> learned;
  std::vector<std::byte> episodes;
  std::unique_ptr<Pipeline> pipeline;

  void make(const Config& config) {
    std::vector<std::unique_ptr<epsilond::platform::Emitter>> emitters;
    emitters.push_back(std::make_unique<epsilond::tests::RecordingEmitter>(&flags));
    pipeline = std::make_unique<Pipeline>(config, epsilond::agent::features_for({8e9, 2.0}), std::move(emitters));
  }
  StepTime now() const {
    return {.wall = std::chrono::seconds(kStart + host.second() + away_s + clock_set_s),
            .since_boot = std::chrono::seconds(kDay + host.second() + away_s)};
  }
  void run(long seconds) {
    for (long i = 0; i < seconds; ++i) {
      const auto sample = host.next();
      pipeline->step(sample, now());
    }
  }
  void save() {
    learned.resize(pipeline->state_bytes());
    pipeline->save_state(learned);
    save_episodes();
  }
  void save_episodes() {
    episodes.resize(pipeline->episodes_bytes());
    pipeline->save_episodes(now(), episodes);
  }
  // The agent is gone for a while and starts again; how many episodes go on, -1 if what was saved is refused.
  long start_again(const Config& config, long seconds_away, bool remembers = true) {
    away_s += seconds_away;
    make(config);
    if (remembers) static_cast<void>(static_cast<bool>(pipeline->load_state(learned)));
    const auto resumed = pipeline->resume_episodes(episodes, now());
    return resumed ? static_cast<long>(*resumed) : -1;
  }
  std::size_t count(FlagEvent event) const {
    return static_cast<std::size_t>(std::ranges::count(flags, event, [](const Flag& flag) { return flag.event; }));
  }
  bool one_id() const {
    return std::ranges::all_of(flags, [this](const Flag& flag) { return flag.id == flags.front().id.view(); });
  }
  const Flag& last() const { return flags.back(); }
  std::string_view last_text() const { return flags.back().text; }
};

int setup(void** state) {
  auto* bench = new Bench;
  bench->make(short_warm_up());
  bench->run(300);
  *state = bench;
  return 0;
}

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

Bench& get(void** state) { return *static_cast<Bench*>(*state); }

// Opens an episode of 20 s, and saves all that is saved.
void open_one(Bench& bench) {
  bench.host.extra_memory_bytes = 2e9;
  bench.run(20);
  assert_int_equal(bench.flags.size(), 1);
  assert_true(bench.flags[0].event == FlagEvent::kRaised);
  bench.save();
}

long start_again_same(Bench& bench, long away_s, bool remembers = true) {
  return bench.start_again(short_warm_up(), away_s, remembers);
}

long start_again_without_the_model(Bench& bench) {
  Config config = short_warm_up();
  config.models[0].name = "other";
  return bench.start_again(config, 10);
}

long start_again_with_other_features(Bench& bench) {
  Config config = short_warm_up();
  config.models[0].features.reset(*find_feature("zombies"));
  return bench.start_again(config, 10);
}

void an_open_episode_is_cleared_under_its_id_after_a_restart(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  assert_int_equal(start_again_same(bench, 600), 1);
  assert_true(bench.pipeline->watchers()[0]->anomalous());
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.last().event == FlagEvent::kCleared);
  assert_true(bench.one_id());
  assert_true(bench.last().features[0].name.view().starts_with("mem_"));
  assert_true(bench.last().surprise >= bench.flags[0].surprise);
  assert_true(bench.last_text().starts_with("back to usual after "));
}

void the_time_between_is_time_of_the_episode(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 600);
  bench.run(10);  // still strange
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  assert_true(bench.last().event == FlagEvent::kCleared);
  assert_true(bench.last().duration_s >= 620.0 && bench.last().duration_s <= 720.0);
}

void what_is_still_strange_is_not_raised_again(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 60);
  bench.run(400);
  assert_int_equal(bench.flags.size(), 1);
  assert_true(bench.pipeline->watchers()[0]->anomalous());
}

// A model that has learned for five minutes yields to a level after ten, which the restart does not begin anew.
void a_level_is_accepted_as_if_there_had_been_no_restart(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 60);
  bench.run(575);
  assert_int_equal(bench.count(FlagEvent::kLearned), 0);
  bench.run(15);
  assert_int_equal(bench.count(FlagEvent::kLearned), 1);
  assert_int_equal(bench.count(FlagEvent::kRaised), 1);
  assert_true(bench.one_id());
}

void a_second_restart_ends_it_no_second_time(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 60);
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  bench.save();
  assert_int_equal(start_again_same(bench, 60), 0);
  bench.run(100);
  assert_int_equal(bench.flags.size(), 2);
}

void with_nothing_learned_left_the_episode_is_ended_and_says_why(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  assert_int_equal(start_again_same(bench, 60, false), 0);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.last().event == FlagEvent::kCleared);
  assert_true(bench.one_id());
  assert_true(bench.last_text().find("what was usual is not known") != std::string_view::npos);
  assert_true(bench.last().wall == bench.now().wall);
}

void the_episode_of_a_model_that_is_gone_is_ended(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  assert_int_equal(start_again_without_the_model(bench), 0);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.one_id());
  assert_string_equal(bench.last().model.c_str(), "host");
  assert_true(bench.last_text().find("no such model") != std::string_view::npos);
}

void the_episode_of_a_model_with_other_features_is_ended(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  assert_int_equal(start_again_with_other_features(bench), 0);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.one_id());
  assert_true(bench.last_text().find("other features") != std::string_view::npos);
}

void what_was_never_told_is_not_ended(void** state) {
  Bench& bench = get(state);
  bench.save();
  assert_int_equal(start_again_same(bench, 60), 0);
  bench.run(60);
  assert_int_equal(bench.flags.size(), 0);
}

void a_clock_that_was_set_back_a_day_takes_no_time_from_an_episode(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  bench.clock_set_s = -kDay;
  assert_int_equal(start_again_same(bench, 60), 1);
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.one_id());
  assert_true(bench.last().duration_s >= 15.0 && bench.last().duration_s <= 120.0);
}

void ids_differ_even_when_the_clock_was_set_back(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  bench.save();
  start_again_same(bench, 60);
  bench.run(200);
  bench.host.extra_memory_bytes = 2e9;
  bench.run(20);
  assert_int_equal(bench.count(FlagEvent::kRaised), 2);
  assert_true(bench.last().id.view().ends_with("-2"));
}

void what_was_learned_goes_on_where_it_was_saved(void** state) {
  Bench& bench = get(state);
  bench.save();
  const double learned_s = bench.pipeline->watchers()[0]->model().learned_s();
  bench.run(50);  // which a kill takes
  start_again_same(bench, 3600);
  assert_near(bench.pipeline->watchers()[0]->model().learned_s(), learned_s, 0, 0);
  bench.host.extra_memory_bytes = 2e9;
  bench.run(5);
  assert_int_equal(bench.count(FlagEvent::kRaised), 1);  // no second warm-up
}

bool refuses_length(Bench& bench, std::size_t length) {
  const auto resumed = bench.pipeline->resume_episodes(std::span(bench.episodes).first(length), bench.now());
  return !resumed;
}

void every_cut_is_refused_whole(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  for (std::size_t length = 1; length < bench.episodes.size(); length += 7) assert_true(refuses_length(bench, length));
  assert_int_equal(bench.flags.size(), 1);
}

// Whatever the bytes are, the events stay in order: flips beyond what the checksum of the file would let through.
void no_flipped_bit_breaks_the_order_of_events(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  Rng& random = *new Rng(epsilond::tests::test_seed());
  for (int i = 0; i < 300; ++i) {
    const std::size_t at = random.below(bench.episodes.size());
    const auto bit = static_cast<std::byte>(1U << random.below(8));
    bench.episodes[at] ^= bit;
    static_cast<void>(start_again_same(bench, 1));
    bench.run(2);
    bench.episodes[at] ^= bit;
  }
  delete &random;
  assert_true(bench.flags.size() >= 1);
}

// A random life: troubles, mutes that were not announced, restarts with and without memory, reloads, sleeps.
struct Life {
  Bench bench;
  std::map<std::string, int> open;  // by id: 1 while an alert stands, 2 when it has ended
  std::size_t seen = 0;
  std::string wrong;

  void look() {
    for (; seen < bench.flags.size(); ++seen) {
      const Flag& flag = bench.flags[seen];
      int& known = open[flag.id.c_str()];
      const bool raise = flag.event == FlagEvent::kRaised;
      if (known != (raise ? 0 : 1)) wrong = "event out of order for " + std::string(flag.id);
      const bool stands = raise || flag.event == FlagEvent::kOngoing;
      if (raise)
        for (const auto& [id, state] : open)
          if (state == 1) wrong = id + " stands while " + std::string(flag.id) + " is raised";
      known = stands ? 1 : 2;
    }
  }
  bool any_open() const {
    return std::ranges::any_of(open, [](const auto& entry) { return entry.second == 1; });
  }
};

Config life_config(int variant) {
  Config config = short_warm_up();
  ModelConfig& model = config.models[0];
  model.clear_after_s = 5;
  model.remind_after_s = 30;
  model.grace_s = 20;
  model.accept_after_s = 300;
  model.flap_count = 3;
  model.flap_window_s = 60;
  if (variant == 1) model.cooldown_s = 40;
  if (variant == 2) {
    model.raise_m = 2;
    model.raise_n = 3;
  }
  return config;
}

void reload(Life& life, const Config& config) {
  std::unique_ptr<Pipeline> old = std::move(life.bench.pipeline);
  life.bench.make(config);
  life.bench.pipeline->take_over(*old, life.bench.now());
}

void live(Life& life, Rng& random) {
  life.bench.make(life_config(0));
  life.bench.run(300);
  life.bench.save();
  for (int i = 0; i < 400 && life.wrong.empty(); ++i) {
    life.bench.host.extra_memory_bytes = random.below(3) == 0 ? 2e9 : 0.0;
    life.bench.host.extra_zombies = random.below(6) == 0 ? 300.0 : 0.0;
    life.bench.run(static_cast<long>(1 + random.below(25)));
    life.bench.save_episodes();
    life.look();
    const std::size_t what = random.below(20);
    const auto variant = static_cast<int>(random.below(3));
    if (what == 0) life.bench.save();
    if (what == 1) reload(life, life_config(variant));
    if (what == 2) life.bench.clock_set_s -= kDay;
    if (what == 3 || what == 4) life.bench.start_again(life_config(variant), static_cast<long>(random.below(200)), what == 3);
    life.look();
  }
  life.bench.host.extra_memory_bytes = 0.0;
  life.bench.host.extra_zombies = 0.0;
  life.bench.run(1200);
  life.look();
}

int setup_life(void** state) {
  *state = new Life;
  return 0;
}

int teardown_life(void** state) {
  delete static_cast<Life*>(*state);
  return 0;
}

void in_a_random_life_every_alert_ends_once(void** state) {
  auto& life = *static_cast<Life*>(*state);
  Rng random(epsilond::tests::test_seed());
  live(life, random);
  if (!life.wrong.empty()) fail_msg("%s", life.wrong.c_str());
  assert_true(life.open.size() >= 5);
  assert_false(life.any_open());
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(an_open_episode_is_cleared_under_its_id_after_a_restart, setup, teardown),
    cmocka_unit_test_setup_teardown(the_time_between_is_time_of_the_episode, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_still_strange_is_not_raised_again, setup, teardown),
    cmocka_unit_test_setup_teardown(a_level_is_accepted_as_if_there_had_been_no_restart, setup, teardown),
    cmocka_unit_test_setup_teardown(a_second_restart_ends_it_no_second_time, setup, teardown),
    cmocka_unit_test_setup_teardown(with_nothing_learned_left_the_episode_is_ended_and_says_why, setup, teardown),
    cmocka_unit_test_setup_teardown(the_episode_of_a_model_that_is_gone_is_ended, setup, teardown),
    cmocka_unit_test_setup_teardown(the_episode_of_a_model_with_other_features_is_ended, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_never_told_is_not_ended, setup, teardown),
    cmocka_unit_test_setup_teardown(a_clock_that_was_set_back_a_day_takes_no_time_from_an_episode, setup, teardown),
    cmocka_unit_test_setup_teardown(ids_differ_even_when_the_clock_was_set_back, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_learned_goes_on_where_it_was_saved, setup, teardown),
    cmocka_unit_test_setup_teardown(every_cut_is_refused_whole, setup, teardown),
    cmocka_unit_test_setup_teardown(no_flipped_bit_breaks_the_order_of_events, setup, teardown),
    cmocka_unit_test_setup_teardown(in_a_random_life_every_alert_ends_once, setup_life, teardown_life),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
