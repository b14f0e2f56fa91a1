// Whatever system call goes wrong in a whole tick, in which the source's pass over processes tells the watched services
// who is theirs: each figure is absent or right, and two ticks later all are there again.

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/watch/watches.h"
#include "platform/kernel/procfs_source.h"
#include "tests/platform/kernel/kernel_test_state.h"
#include "tests/platform/kernel/made_process.h"
#include "tests/support/fault_trial.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::agent::Config;
using epsilond::agent::WatchConfig;
using epsilond::agent::Watches;
using epsilond::tests::done;
using epsilond::tests::FaultReport;
using epsilond::tests::Outcome;
using epsilond::tests::put;
using epsilond::tests::put_descriptors;
using epsilond::tests::put_io;
using epsilond::tests::put_memory;
using epsilond::tests::refused;
using epsilond::tests::TempTree;
using epsilond::tests::ticking_cpu_clock;
using epsilond::tests::try_every_fault;
using epsilond::tests::wrong;

namespace {

class SecondsClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return now; }
  std::chrono::nanoseconds since_boot() const override { return now; }
  std::chrono::nanoseconds wall() const override { return now; }
  std::chrono::seconds utc_offset(std::chrono::nanoseconds) const override { return std::chrono::seconds(0); }
  std::chrono::nanoseconds now = std::chrono::seconds(10'000);
};

struct Bench {
  TempTree tree;
  SecondsClock clock;
  Config config;
  std::unique_ptr<ProcfsSource> source;
  std::unique_ptr<Watches> watches;
  HostSample sample;
  HostSample right_sample;
  std::vector<double> right_values;

  void watch(const char* name, MatchKind kind, const char* text) {
    WatchConfig watched;
    watched.name = name;
    watched.match = {kind, text};
    watched.features.set();
    config.watches.push_back(watched);
  }
  void put_machine() {
    tree.become(epsilond::tests::fixture("idle/1"));
    put(tree, {.pid = 70010, .comm = "server", .user_ticks = 500});
    put(tree, {.pid = 70011, .comm = "worker", .parent = 70010, .threads = 2});
    for (const std::int32_t pid : {70010, 70011}) {
      put_io(tree, pid, 100, 10);
      put_memory(tree, pid, 64, 1);
      put_descriptors(tree, pid, 0, 4);
    }
    tree.write("sys/fs/cgroup/a.slice/cgroup.procs", "70010\n70011\n");
    tree.write("sys/fs/cgroup/a.slice/memory.current", "4096000\n");
    tree.write("run/server.pid", "70010\n");
    watch("named", MatchKind::kComm, "server");
    watch("grouped", MatchKind::kCgroup, "a.slice");
    watch("written", MatchKind::kPidFile, "/run/server.pid");
    config.cpu_budget_ratio = 1.0;
  }
  Result<void> tick() {
    clock.now += std::chrono::seconds(1);
    const Result<void> outcome = source->read(sample);
    watches->step();
    return outcome;
  }
  void drop() {
    source.reset();
    watches.reset();
  }
  void begin() {
    drop();
    Result<std::unique_ptr<Watches>> made = Watches::make(config, tree.path(), clock, ticking_cpu_clock);
    Result<ProcRoot> root = ProcRoot::make(tree.path());
    if (!made || !root) return;
    watches = std::move(*made);
    source = ProcfsSource::make(std::move(*root), std::chrono::seconds(1), std::chrono::seconds(1), clock,
                                ticking_cpu_clock);
    watches->follow(*source);
    for (int i = 0; i < 4; ++i) static_cast<void>(tick());
    right_sample = sample;
    right_values.assign(watches->values().begin(), watches->values().end());
  }
  Outcome act() {
    const Result<void> outcome = tick();
    std::size_t absent = 0;
    for (std::size_t i = 0; i < kSampleFieldCount; ++i) {
      const auto field = static_cast<SampleField>(i);
      if (!sample.has(field)) ++absent;
      if (sample.has(field) && sample.value(field) != right_sample.value(field))
        return wrong("field " + std::to_string(i) + " of the host");
    }
    for (std::size_t i = 0; i < right_values.size(); ++i) {
      const double value = watches->values()[i];
      if (std::isnan(right_values[i])) continue;
      if (std::isnan(value)) ++absent;
      if (!std::isnan(value) && value != right_values[i])
        return wrong("row " + std::to_string(i) + " of the services is " + std::to_string(value) + ", not " +
                     std::to_string(right_values[i]));
    }
    if (!outcome) return refused(outcome.error());
    return absent == 0 ? done() : refused(std::to_string(absent) + " figures are absent");
  }
  // A rate needs two readings in a row.
  Outcome again() {
    Outcome outcome = act();
    for (int i = 0; i < 2 && outcome.kind != Outcome::Kind::kWrong; ++i) outcome = act();
    drop();
    return outcome;
  }
  FaultReport try_tick() {
    return try_every_fault({.name = "host and services, one tick",
                            .begin = [this] { begin(); },
                            .act = [this] { return act(); },
                            .again = [this] { return again(); },
                            .tells_garbage = false,
                            .tells_an_end = false});
  }
};

int set_up(void** state) {
  auto* const bench = new Bench;
  *state = bench;
  bench->put_machine();
  return 0;
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

void a_tick_tells_of_host_and_services_rightly_or_not(void** state) {
  assert_survived(static_cast<Bench*>(*state)->try_tick());
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_tick_tells_of_host_and_services_rightly_or_not, set_up, tear_down),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
