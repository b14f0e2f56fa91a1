#include "agent/outputs/reading_sender.h"

#include <algorithm>
#include <memory>
#include <string>

#include "tests/agent/outputs/outputs_bench.h"
#include "tests/support/datagram_receiver.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::EmitterConfig;
using epsilond::agent::EmitterKind;
using epsilond::agent::ReadingSender;
using epsilond::agent::UdpFormat;
using epsilond::tests::Datagram;
using epsilond::tests::DatagramReceiver;
using epsilond::tests::OutputsBench;

namespace {

struct Bench {
  OutputsBench outputs;
  DatagramReceiver receiver;
  std::unique_ptr<ReadingSender> sender;
  Datagram datagram;

  void make(UdpFormat format, std::size_t max_datagram) {
    EmitterConfig config;
    config.kind = EmitterKind::kUdp;
    config.format = format;
    config.endpoint = receiver.endpoint();
    config.max_datagram = max_datagram;
    config.every_s = 20.0;
    sender = std::make_unique<ReadingSender>(config, outputs.config, "web-01");
  }
  std::size_t lines() const {
    return static_cast<std::size_t>(std::count(datagram.view().begin(), datagram.view().end(), '\n'));
  }
};

Bench& get(void** state) { return *static_cast<Bench*>(*state); }

int setup_with(int models, void** state) {
  auto* bench = new Bench;
  *state = bench;
  for (int i = 0; i < models; ++i) bench->outputs.add_model("model" + std::to_string(i));
  bench->outputs.config.cluster = "shop";
  bench->outputs.build();
  bench->outputs.step(2);
  return bench->receiver.open_udp(false, 0) ? 0 : -1;
}
int setup_one(void** state) { return setup_with(1, state); }
int setup_many(void** state) { return setup_with(16, state); }

int teardown(void** state) {
  get(state).receiver.close();
  delete &get(state);
  return 0;
}

void a_reading_goes_out_at_once_and_then_each_period(void** state) {
  Bench& bench = get(state);
  bench.make(UdpFormat::kInflux, 1432);
  std::size_t datagrams = 0;
  for (int s = 0; s < 60; ++s) bench.sender->tick(*bench.outputs.pipeline, std::chrono::seconds(1766000000 + s));
  while (!bench.receiver.empty()) {
    assert_true(bench.receiver.receive(bench.datagram));
    assert_true(bench.datagram.view().starts_with("epsilond,host=web-01,model=model0,cluster=shop "));
    ++datagrams;
    const std::string sequence = ",sequence=" + std::to_string(datagrams) + "i ";
    assert_true(bench.datagram.view().find(sequence) != std::string_view::npos);
  }
  assert_in_range(datagrams, 3, 4);
  assert_int_equal(bench.sender->sent(), datagrams);
  assert_int_equal(bench.sender->dropped(), 0);
}

void lines_are_never_cut_between_datagrams(void** state) {
  Bench& bench = get(state);
  for (const UdpFormat format : {UdpFormat::kInflux, UdpFormat::kGraphite, UdpFormat::kStatsd}) {
    bench.make(format, 480);
    bench.sender->tick(*bench.outputs.pipeline, std::chrono::seconds(1766000000));
    std::size_t lines = 0;
    std::size_t datagrams = 0;
    while (!bench.receiver.empty()) {
      assert_true(bench.receiver.receive(bench.datagram));
      assert_true(bench.datagram.size <= 480);
      assert_true(bench.datagram.view().starts_with("epsilond") && bench.datagram.view().ends_with("\n"));
      lines += bench.lines();
      ++datagrams;
    }
    // While models learn: anomalous and learning_ratio alone.
    assert_int_equal(lines, format == UdpFormat::kInflux ? 16 : 32);
    assert_true(datagrams > 1 && datagrams < lines);
    assert_int_equal(bench.sender->sent(), datagrams);
  }
}

void what_nobody_takes_is_counted(void** state) {
  Bench& bench = get(state);
  bench.make(UdpFormat::kGraphite, 1432);
  bench.receiver.close();
  for (int i = 0; i < 5; ++i) bench.sender->tick(*bench.outputs.pipeline, std::chrono::seconds(1766000000 + 60 * i));
  assert_in_range(bench.sender->dropped(), 1, 5);
  assert_true(bench.sender->name().starts_with("graphite udp 127.0.0.1:"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_reading_goes_out_at_once_and_then_each_period, setup_one, teardown),
    cmocka_unit_test_setup_teardown(lines_are_never_cut_between_datagrams, setup_many, teardown),
    cmocka_unit_test_setup_teardown(what_nobody_takes_is_counted, setup_one, teardown),
};
EPSILOND_TEST_MAIN(kTests)
