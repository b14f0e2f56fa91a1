#include "agent/service_report.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <vector>

#include "tests/support/datagram_receiver.h"
#include "tests/support/simulated_host.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;
using epsilond::platform::FixedString;
using epsilond::tests::Datagram;
using epsilond::tests::DatagramReceiver;
using epsilond::tests::SimulatedHost;

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A pipeline on a simulated machine, and a service manager of one socket that gives it a watchdog of 30 s.
struct Bench {
  SimulatedHost host{1};
  std::unique_ptr<Pipeline> pipeline;
  ServiceReport report;
  DatagramReceiver receiver;
  Datagram received;
  char directory[64] = "/tmp/epsilond-test-XXXXXX";
  FixedString<96> path;

  void run(int count) {
    for (int i = 0; i < count; ++i) {
      const auto sample = host.next();
      pipeline->step(sample, StepTime{seconds(1795305600 + host.second()), {}});
    }
  }
};

Bench& get(void** state) { return *static_cast<Bench*>(*state); }

Config config_of(int models) {
  Config config;
  config.history_s = 600;
  ModelConfig model;
  for (std::size_t i = 0; i < features().size(); ++i) model.features.set(i);
  model.warm_up_s = 60;
  model.clear_after_s = 5;
  config.models.push_back(model);
  model.name = "slow";
  model.warm_up_s = 240;
  if (models > 1) config.models.push_back(model);
  return config;
}

int setup_models(void** state, int models) {
  auto* bench = new Bench;
  *state = bench;
  if (::mkdtemp(bench->directory) == nullptr) return -1;
  bench->path.append(bench->directory);
  bench->path.append("/notify");
  if (!bench->receiver.open_local(bench->path)) return -1;
  ::setenv("NOTIFY_SOCKET", bench->path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::unsetenv("WATCHDOG_PID");
  if (!bench->report.find_manager()) return -1;
  bench->pipeline = std::make_unique<Pipeline>(config_of(models), features_for({8e9, 2.0}),
                                               std::vector<std::unique_ptr<epsilond::platform::Emitter>>());
  return 0;
}

int setup(void** state) { return setup_models(state, 1); }
int setup_two(void** state) { return setup_models(state, 2); }

int teardown(void** state) {
  Bench& bench = get(state);
  bench.receiver.close();
  ::unlink(bench.path.c_str());
  ::rmdir(bench.directory);
  delete &bench;
  return 0;
}

// Everything that was sent so far, each message behind the one before it, with blanks between.
std::string_view sent(Bench& bench, char* text, std::size_t size) {
  std::size_t used = 0;
  while (!bench.receiver.empty() && bench.receiver.receive(bench.received)) {
    const std::string_view message = bench.received.view();
    if (used + message.size() + 1 > size) break;
    if (used > 0) text[used++] = ' ';
    message.copy(text + used, message.size());
    used += message.size();
  }
  return {text, used};
}

void expect_sent(Bench& bench, std::string_view wanted) {
  char text[4096];
  const std::string_view got = sent(bench, text, sizeof text);
  if (got != wanted)
    fail_msg("sent \"%.*s\", not \"%.*s\"", static_cast<int>(got.size()), got.data(), static_cast<int>(wanted.size()),
             wanted.data());
}

void expect_status(Bench& bench, std::string_view wanted) {
  const StatusText text = status_text(*bench.pipeline);
  if (text.view() != wanted) fail_msg("\"%s\"", text.c_str());
}

void the_status_says_what_the_agent_thinks(void** state) {
  Bench& bench = get(state);
  bench.run(31);
  expect_status(bench, "learning 50%");
  bench.run(200);
  expect_status(bench, "normal");
  bench.host.extra_memory_bytes = 4e9;
  bench.run(5);
  expect_status(bench, "anomalous: mem_used_bytes");
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  expect_status(bench, "normal");
  bench.pipeline->begin_grace();
  expect_status(bench, "muted: grace");
}

void of_several_models_each_is_named(void** state) {
  Bench& bench = get(state);
  bench.run(31);
  expect_status(bench, "learning 12% (slow)");
  bench.run(150);
  bench.host.extra_memory_bytes = 4e9;
  bench.run(5);
  expect_status(bench, "anomalous: mem_used_bytes (host)");
}

void the_status_is_sent_only_when_it_changes(void** state) {
  Bench& bench = get(state);
  bench.run(300);
  bench.report.set_interval(seconds(1));
  bench.report.after_tick(*bench.pipeline, seconds(300));
  expect_sent(bench, "WATCHDOG=1 STATUS=normal");
  for (int i = 0; i < 100; ++i) {
    bench.run(1);
    bench.report.after_tick(*bench.pipeline, seconds(300));
  }
  expect_sent(bench, "");
}

// How many WATCHDOG=1 go out in a minute of ticks.
int feeds(Bench& bench, std::chrono::nanoseconds begin, std::chrono::nanoseconds interval) {
  bench.report.set_interval(interval);
  int count = 0;
  for (std::chrono::nanoseconds at = begin; at < begin + seconds(60); at += interval) {
    bench.report.after_tick(*bench.pipeline, at);
    while (!bench.receiver.empty() && bench.receiver.receive(bench.received))
      count += bench.received.view() == "WATCHDOG=1";
  }
  return count;
}

void the_watchdog_is_fed_in_time_and_not_at_each_tick(void** state) {
  Bench& bench = get(state);
  const int each_second = feeds(bench, seconds(0), seconds(1));
  assert_in_range(each_second, 6, 10);
  const int ten_a_second = feeds(bench, seconds(60), milliseconds(100));
  assert_in_range(ten_a_second, 6, 10);
}

void a_long_interval_asks_for_a_longer_watchdog_and_a_short_one_gives_it_back(void** state) {
  Bench& bench = get(state);
  bench.report.set_interval(seconds(1));
  expect_sent(bench, "");
  bench.report.set_interval(hours(1));
  expect_sent(bench, "WATCHDOG_USEC=10800000000");
  bench.report.after_tick(*bench.pipeline, hours(1));
  bench.report.after_tick(*bench.pipeline, hours(2));
  expect_sent(bench, "WATCHDOG=1 STATUS=learning 0% WATCHDOG=1");
  bench.report.set_interval(seconds(1));
  expect_sent(bench, "WATCHDOG_USEC=30000000");
}

void a_manager_that_is_gone_delays_nobody_and_hears_the_status_when_it_is_back(void** state) {
  Bench& bench = get(state);
  bench.receiver.close();
  ::unlink(bench.path.c_str());
  bench.report.after_tick(*bench.pipeline, seconds(1));
  assert_true(bench.receiver.open_local(bench.path));
  bench.report.set_interval(seconds(1));
  bench.report.after_tick(*bench.pipeline, seconds(2));
  expect_sent(bench, "WATCHDOG=1 STATUS=learning 0%");
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_status_says_what_the_agent_thinks, setup, teardown),
    cmocka_unit_test_setup_teardown(of_several_models_each_is_named, setup_two, teardown),
    cmocka_unit_test_setup_teardown(the_status_is_sent_only_when_it_changes, setup, teardown),
    cmocka_unit_test_setup_teardown(the_watchdog_is_fed_in_time_and_not_at_each_tick, setup, teardown),
    cmocka_unit_test_setup_teardown(a_long_interval_asks_for_a_longer_watchdog_and_a_short_one_gives_it_back, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(a_manager_that_is_gone_delays_nobody_and_hears_the_status_when_it_is_back, setup,
                                    teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
