// A random life of the whole pipeline: every alert ends once, whatever comes between.

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "tests/sim/restart_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::tests;

namespace {

// Troubles, mutes that were not announced, restarts with and without memory, reloads, sleeps.
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
    if (what == 3 || what == 4)
      life.bench.start_again(life_config(variant), static_cast<long>(random.below(200)), what == 3);
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
    cmocka_unit_test_setup_teardown(in_a_random_life_every_alert_ends_once, setup_life, teardown_life),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
