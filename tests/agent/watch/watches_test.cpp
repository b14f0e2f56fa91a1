// Watched services of a tree whose every number the test chooses.

#include "agent/watch/watches.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "platform/kernel/procfs_source.h"
#include "tests/platform/kernel/made_process.h"
#include "tests/support/alloc_guard.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Config;
using epsilond::agent::kWatchFeatureCount;
using epsilond::agent::WatchConfig;
using epsilond::agent::Watches;
using epsilond::platform::HostSample;
using epsilond::platform::MatchKind;
using epsilond::platform::ProcfsSource;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::tests::put;
using epsilond::tests::put_io;
using epsilond::tests::put_memory;
using epsilond::tests::TempTree;

namespace {

class SteppedClock final : public epsilond::platform::Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return now; }
  std::chrono::nanoseconds since_boot() const override { return now; }
  std::chrono::nanoseconds wall() const override { return now; }
  std::chrono::seconds utc_offset(std::chrono::nanoseconds) const override { return std::chrono::seconds(0); }
  std::chrono::nanoseconds now = std::chrono::seconds(10'000);
};

// Each reading of a processor clock costs what the test says.
std::chrono::nanoseconds& cost_of_a_look() {
  static std::chrono::nanoseconds cost{1};
  return cost;
}
std::chrono::nanoseconds made_cpu_clock() {
  static std::chrono::nanoseconds now{0};
  now += cost_of_a_look();
  return now;
}

struct State {
  TempTree tree;
  SteppedClock clock;
  Config config;
  std::unique_ptr<Watches> watches;
  std::unique_ptr<ProcfsSource> source;
  HostSample sample;

  void watch(const char* name, MatchKind kind, const char* text) {
    WatchConfig watched;
    watched.name = name;
    watched.match = {kind, text};
    watched.features.set();
    config.watches.push_back(watched);
  }
  void open(bool follows = true) {
    config.cpu_budget_ratio = 0.01;
    if (Result<std::unique_ptr<Watches>> made = Watches::make(config, tree.path(), clock, made_cpu_clock))
      watches = std::move(*made);
    Result<ProcRoot> root = ProcRoot::make(tree.path());
    if (!root || !watches) return;
    source = ProcfsSource::make(std::move(*root), std::chrono::seconds(1), std::chrono::seconds(1), clock, made_cpu_clock);
    if (follows) watches->follow(*source);
  }
  void tick(int seconds = 1) {
    clock.now += std::chrono::seconds(seconds);
    (void)source->read(sample);
    watches->step();
    watches->report();
  }
  void ticks(int count) {
    for (int i = 0; i < count; ++i) tick();
  }
  // NaN where it is absent.
  double value(std::string_view feature, std::size_t watch = 0) const {
    for (std::size_t i = 0; i < kWatchFeatureCount; ++i)
      if (epsilond::agent::watch_features()[i].name == feature) return watches->values()[watch * kWatchFeatureCount + i];
    return -1.0;
  }
  bool absent(std::string_view feature, std::size_t watch = 0) const { return std::isnan(value(feature, watch)); }
  void put_server(std::int32_t pid, long ticks, long written, long start_ticks = 100) {
    put(tree, {.pid = pid, .comm = "server", .user_ticks = ticks, .start_ticks = start_ticks, .pages = 1000});
    put_io(tree, pid, 0, written);
    put_memory(tree, pid, 64, 0);
  }
};

int set_up(void** state) {
  cost_of_a_look() = std::chrono::nanoseconds(1);
  auto* const made = new State;
  put(made->tree, {.pid = 1, .comm = "init", .parent = 0});
  made->watch("web", MatchKind::kComm, "server");
  *state = made;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void levels_and_rates_per_second_are_made(void** state) {
  State& test = state_of(state);
  test.put_server(10, 100, 5000);
  test.open();
  test.tick();
  assert_near(test.value("processes"), 1, 0, 0);
  assert_true(test.absent("cpu_user_ratio") && test.absent("write_bytes_per_s"));
  test.put_server(10, 150, 9000);
  test.tick(2);
  assert_near(test.value("cpu_user_ratio"), 0.25, 1e-9, 0);
  assert_near(test.value("write_bytes_per_s"), 2000, 1e-9, 0);
  assert_near(test.value("pss_bytes"), 65536, 0, 0);
  assert_true(test.absent("memory_bytes") && test.absent("descriptors"));
}

void what_does_not_run_is_absent(void** state) {
  State& test = state_of(state);
  test.open();
  test.ticks(3);
  for (const double value : test.watches->values()) assert_true(std::isnan(value));
}

void a_service_that_starts_has_its_rates_from_the_second_look_on(void** state) {
  State& test = state_of(state);
  test.open();
  test.ticks(3);
  test.put_server(10, 70'000, 1'000'000'000, 1'000'300);
  test.tick();
  assert_near(test.value("processes"), 1, 0, 0);
  assert_true(test.absent("cpu_user_ratio") && test.absent("write_bytes_per_s"));
  test.put_server(10, 70'010, 1'000'000'300, 1'000'300);
  test.tick();
  assert_near(test.value("cpu_user_ratio"), 0.1, 1e-9, 0);
  assert_near(test.value("write_bytes_per_s"), 300, 1e-9, 0);
}

void a_restart_is_no_spike(void** state) {
  State& test = state_of(state);
  test.put_server(10, 100'000, 1'000'000'000);
  test.open();
  test.ticks(3);
  test.tree.remove_process(10);
  test.put_server(44, 2, 700, 1'000'400);
  test.tick();
  assert_near(test.value("cpu_user_ratio"), 0.02, 1e-9, 0);
  assert_near(test.value("write_bytes_per_s"), 700, 1e-9, 0);
  test.tick();
  assert_near(test.value("cpu_user_ratio"), 0, 1e-9, 0);
}

void a_service_that_stops_is_absent_at_once(void** state) {
  State& test = state_of(state);
  test.put_server(10, 100, 100);
  test.open();
  test.ticks(3);
  test.tree.remove_process(10);
  test.tick();
  for (const double value : test.watches->values()) assert_true(std::isnan(value));
}

void a_source_that_makes_no_passes_is_done_without(void** state) {
  State& test = state_of(state);
  test.put_server(10, 100, 100);
  test.open(false);
  test.tick();
  assert_near(test.value("processes"), 1, 0, 0);
}

void several_services_are_read_side_by_side(void** state) {
  State& test = state_of(state);
  test.put_server(10, 100, 100);
  put(test.tree, {.pid = 20, .comm = "database", .pages = 7});
  test.tree.write("run/db.pid", "20\n");
  test.watch("db", MatchKind::kPidFile, "/run/db.pid");
  test.open();
  test.tick();
  assert_near(test.value("processes", 0), 1, 0, 0);
  assert_near(test.value("processes", 1), 1, 0, 0);
  assert_true(test.value("rss_bytes", 1) < test.value("rss_bytes", 0));
}

void beyond_the_budget_rounds_stretch_and_values_stay(void** state) {
  State& test = state_of(state);
  for (std::int32_t pid = 100; pid < 140; ++pid) test.put_server(pid, 10, 10);
  test.open();
  test.tick();
  assert_near(test.value("processes"), 40, 0, 0);
  // Each reading of the clock is 10 ms, of which 4 ms a second are there: eight processes a step, five steps a round.
  cost_of_a_look() = std::chrono::milliseconds(10);
  test.ticks(20);
  int longest = 0;
  for (int trial = 1; trial <= 10; ++trial) {
    const double before = test.value("rss_bytes");
    put(test.tree, {.pid = 139, .comm = "server", .pages = 1000 + trial});
    int waited = 0;
    for (; test.value("rss_bytes") == before && waited < 100; ++waited) test.tick();
    longest = std::max(longest, waited);
  }
  assert_in_range(longest, 2, 10);
}

void memory_is_measured_again_after_ten_seconds(void** state) {
  State& test = state_of(state);
  test.put_server(10, 100, 100);
  test.open();
  test.ticks(2);
  assert_near(test.value("pss_bytes"), 65536, 0, 0);
  put_memory(test.tree, 10, 128, 0);
  test.ticks(3);
  assert_near(test.value("pss_bytes"), 65536, 0, 0);
  test.ticks(9);
  assert_near(test.value("pss_bytes"), 131072, 0, 0);
}

void all_may_be_looked_at_at_once(void** state) {
  State& test = state_of(state);
  test.put_server(10, 100, 100);
  test.open(false);
  test.watches->look_at_all();
  test.clock.now += std::chrono::seconds(1);
  test.put_server(10, 110, 150);
  test.watches->look_at_all();
  assert_near(test.value("cpu_user_ratio"), 0.1, 1e-9, 0);
  assert_near(test.value("pss_bytes"), 65536, 0, 0);
}

void steps_allocate_nothing(void** state) {
  State& test = state_of(state);
  test.put_server(10, 100, 100);
  test.watch("db", MatchKind::kPidFile, "/run/db.pid");
  test.watch("group", MatchKind::kCgroup, "a.slice");
  test.tree.write("run/db.pid", "1\n");
  test.tree.write("sys/fs/cgroup/a.slice/cgroup.procs", "10\n1\n");
  test.tree.write("sys/fs/cgroup/a.slice/cpu.stat", "user_usec 1\nsystem_usec 1\n");
  test.open();
  test.ticks(3);
  if (!epsilond::tests::allocations_are_counted()) skip();
  const std::size_t before = epsilond::tests::allocation_count();
  test.ticks(30);
  assert_int_equal(epsilond::tests::allocation_count(), before);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(levels_and_rates_per_second_are_made, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_does_not_run_is_absent, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_service_that_starts_has_its_rates_from_the_second_look_on, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_restart_is_no_spike, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_service_that_stops_is_absent_at_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_source_that_makes_no_passes_is_done_without, set_up, tear_down),
    cmocka_unit_test_setup_teardown(several_services_are_read_side_by_side, set_up, tear_down),
    cmocka_unit_test_setup_teardown(beyond_the_budget_rounds_stretch_and_values_stay, set_up, tear_down),
    cmocka_unit_test_setup_teardown(memory_is_measured_again_after_ten_seconds, set_up, tear_down),
    cmocka_unit_test_setup_teardown(all_may_be_looked_at_at_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(steps_allocate_nothing, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
