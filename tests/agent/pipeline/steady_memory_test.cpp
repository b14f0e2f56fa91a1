// After the first ticks nothing is allocated: not for reading the kernel, not for scoring and learning, not for flags.

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "agent/pipeline/pipeline.h"
#include "agent/pipeline/wiring.h"
#include "platform/host/linux_clock.h"
#include "tests/support/alloc_guard.h"
#include "tests/support/simulated_host.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::Config;
using epsilond::agent::EmitterConfig;
using epsilond::agent::EmitterKind;
using epsilond::agent::features;
using epsilond::agent::ModelConfig;
using epsilond::agent::Pipeline;
using epsilond::agent::StepTime;
using epsilond::platform::FlagEvent;
using epsilond::platform::GrowthKind;
using epsilond::platform::HostSample;
using epsilond::tests::allocation_count;
using epsilond::tests::allocations_are_counted;

namespace {

struct Bench {
  epsilond::platform::LinuxClock clock;
  Config config;
  std::unique_ptr<epsilond::platform::HostSource> source;
  std::unique_ptr<Pipeline> pipeline;
  epsilond::tests::SimulatedHost host{1};
  HostSample sample;
};

int setup(void** state) {
  auto* bench = new Bench;
  ModelConfig model;
  for (std::size_t i = 0; i < features().size(); ++i) model.features.set(i);
  model.warm_up_s = 30;
  bench->config.models.push_back(model);
  model.name = "diary";
  model.threshold = epsilond::models::ThresholdForm::kQuantile;
  bench->config.models.push_back(model);
  EmitterConfig journal;
  journal.kind = EmitterKind::kJournal;
  journal.socket_path = "/nonexistent-epsilond/socket";
  bench->config.emitters.push_back(journal);
  EmitterConfig udp;
  udp.kind = EmitterKind::kUdp;
  udp.local = false;
  udp.endpoint = *epsilond::platform::parse_endpoint("127.0.0.1:9");  // nobody listens: flags are dropped
  bench->config.emitters.push_back(udp);
  udp.kind = EmitterKind::kSyslog;
  bench->config.emitters.push_back(udp);
  auto source = epsilond::agent::make_source(bench->config, "", bench->clock);
  if (!source) return -1;
  bench->source = std::move(*source);
  bench->pipeline = std::make_unique<Pipeline>(
      bench->config, epsilond::agent::features_for({}),
      epsilond::agent::make_emitters(bench->config, bench->clock, -1));
  *state = bench;
  return 0;
}

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

void reading_the_real_kernel_does_not_allocate(void** state) {
  if (!allocations_are_counted()) skip();
  auto& bench = *static_cast<Bench*>(*state);
  for (int i = 0; i < 3; ++i) static_cast<void>(bench.source->read(bench.sample));
  const std::size_t before = allocation_count();
  for (int i = 0; i < 50; ++i) static_cast<void>(bench.source->read(bench.sample));
  const std::size_t after = allocation_count();
  assert_true(bench.sample.present_count() > 30);
  assert_int_equal(after, before);
}

// Whose time goes on by five seconds with each look.
class HastyClock final : public epsilond::platform::Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return since_boot(); }
  std::chrono::nanoseconds since_boot() const override { return now += std::chrono::seconds(5); }
  std::chrono::nanoseconds wall() const override { return now; }
  std::chrono::seconds utc_offset(std::chrono::nanoseconds) const override { return std::chrono::seconds(0); }
  mutable std::chrono::nanoseconds now = std::chrono::hours(1000);
};

int setup_hasty(void** state) {
  static const HastyClock clock;
  auto* bench = new Bench;
  auto source = epsilond::agent::make_source(bench->config, "", clock);
  if (!source) return -1;
  bench->source = std::move(*source);
  *state = bench;
  return 0;
}

void looking_for_culprits_does_not_allocate(void** state) {
  if (!allocations_are_counted()) skip();
  auto& bench = *static_cast<Bench*>(*state);
  epsilond::platform::ProcessGrowth& growth = *bench.source->process_growth();
  for (int i = 0; i < 3; ++i) static_cast<void>(bench.source->read(bench.sample));
  std::array<epsilond::platform::GrownProcess, 3> found;
  const std::size_t before = allocation_count();
  for (int i = 0; i < 5; ++i) static_cast<void>(bench.source->read(bench.sample));
  const bool looked = growth.look();
  for (const GrowthKind kind : {GrowthKind::kCpu, GrowthKind::kMemory, GrowthKind::kStorage, GrowthKind::kThreads,
                                GrowthKind::kDescriptors, GrowthKind::kChildren, GrowthKind::kZombies})
    static_cast<void>(growth.find(kind, 0.0, found));
  const std::size_t after = allocation_count();
  assert_true(looked);
  assert_int_equal(after, before);
}

void stepping_and_flagging_do_not_allocate(void** state) {
  if (!allocations_are_counted()) skip();
  auto& bench = *static_cast<Bench*>(*state);
  const auto run = [&bench](int seconds) {
    for (int i = 0; i < seconds; ++i)
      bench.pipeline->step(bench.host.next(), StepTime{std::chrono::seconds(1795305600 + bench.host.second()), {}});
  };
  run(3);
  const std::size_t before = allocation_count();
  run(300);
  bench.host.extra_zombies = 500;
  run(40);
  bench.host.extra_zombies = 0;
  run(60);
  bench.pipeline->announce(FlagEvent::kStop, StepTime{std::chrono::seconds(1795306000), {}}, "stopped");
  const std::size_t after = allocation_count();
  assert_true(bench.pipeline->event_count(FlagEvent::kRaised) >= 1);
  assert_true(bench.pipeline->event_count(FlagEvent::kCleared) >= 1);
  assert_int_equal(after, before);
}

void saving_the_state_does_not_allocate(void** state) {
  if (!allocations_are_counted()) skip();
  auto& bench = *static_cast<Bench*>(*state);
  std::vector<std::byte>& bytes = *new std::vector<std::byte>(bench.pipeline->state_bytes());
  const std::size_t before = allocation_count();
  bench.pipeline->save_state(bytes);
  bench.pipeline->save_episodes(StepTime{std::chrono::seconds(1795306000), {}}, bytes);
  const std::size_t after = allocation_count();
  delete &bytes;
  assert_int_equal(after, before);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(reading_the_real_kernel_does_not_allocate, setup, teardown),
    cmocka_unit_test_setup_teardown(looking_for_culprits_does_not_allocate, setup_hasty, teardown),
    cmocka_unit_test_setup_teardown(stepping_and_flagging_do_not_allocate, setup, teardown),
    cmocka_unit_test_setup_teardown(saving_the_state_does_not_allocate, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
