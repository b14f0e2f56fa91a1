// Once the outputs are made nothing is allocated: not for readings over UDP, not for the textfile, not for a scrape.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "agent/outputs/metrics_socket.h"
#include "agent/outputs/outputs.h"
#include "tests/agent/outputs/outputs_bench.h"
#include "tests/support/alloc_guard.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;
using epsilond::platform::UniqueFd;
using epsilond::tests::allocation_count;
using epsilond::tests::allocations_are_counted;
using epsilond::tests::OutputsBench;

namespace {

struct Bench {
  OutputsBench host;
  char folder[32] = "/tmp/epsilond-test-XXXXXX";
  std::unique_ptr<Outputs> outputs;
  MetricsSocket metrics;
  EmitterConfig section;

  // Asks for /metrics and reads the answer; its bytes, or 0.
  std::size_t scrape() {
    const UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(section.endpoint.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 0;
    constexpr std::string_view kAsk = "GET /metrics HTTP/1.1\r\n\r\n";
    if (::send(client.get(), kAsk.data(), kAsk.size(), 0) < 0) return 0;
    metrics.watched()[0].revents = POLLIN;
    metrics.serve(host.facts(), std::chrono::seconds(1));
    std::size_t all = 0;
    char piece[4096];
    for (ssize_t got = 1; got > 0; all += static_cast<std::size_t>(std::max<ssize_t>(got, 0)))
      got = ::recv(client.get(), piece, sizeof piece, 0);
    return all;
  }
};

int setup(void** state) {
  auto* bench = new Bench;
  *state = bench;
  if (::mkdtemp(bench->folder) == nullptr) return -1;
  bench->host.add_model("host");
  EmitterConfig emitter;
  emitter.kind = EmitterKind::kUdp;
  emitter.every_s = 1.0;
  emitter.endpoint = *epsilond::platform::parse_endpoint("127.0.0.1:9");  // nobody listens
  for (const UdpFormat format : {UdpFormat::kInflux, UdpFormat::kStatsd, UdpFormat::kGraphite}) {
    emitter.format = format;
    bench->host.config.emitters.push_back(emitter);
  }
  emitter.kind = EmitterKind::kTextfile;
  emitter.path = std::string(bench->folder) + "/epsilond.prom";
  emitter.features = FeatureDetail::kAll;
  bench->host.config.emitters.push_back(emitter);
  bench->host.build();
  bench->outputs = std::make_unique<Outputs>(bench->host.config, *bench->host.pipeline, 0);
  bench->section.kind = EmitterKind::kPrometheus;
  bench->section.endpoint.address = {127, 0, 0, 1};
  for (std::uint16_t port = 20978; port < 21078 && !bench->metrics.is_open(); ++port) {
    bench->section.endpoint.port = port;
    bench->metrics.open(&bench->section, *bench->host.pipeline, 0);
  }
  return bench->metrics.is_open() ? 0 : -1;
}

int teardown(void** state) {
  const auto* bench = static_cast<Bench*>(*state);
  const std::string remove = "rm -rf " + std::string(bench->folder);
  const int removed = std::system(remove.c_str());
  delete bench;
  return removed;
}

void no_output_allocates(void** state) {
  if (!allocations_are_counted()) skip();
  auto& bench = *static_cast<Bench*>(*state);
  std::size_t scraped = 0;
  const auto run = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      bench.host.step(1);
      bench.outputs->tick(bench.host.facts(), bench.host.wall());
    }
    scraped = bench.scrape();
  };
  run(3);
  const std::size_t before = allocation_count();
  run(100);
  bench.host.host.extra_zombies = 500;
  run(10);
  const std::size_t after = allocation_count();
  assert_true(scraped > 2000);
  assert_true(bench.outputs->textfiles()[0].sent() > 100);
  assert_true(bench.outputs->datagrams_dropped() > 100);
  assert_int_equal(after, before);
}

void what_it_holds_is_told(void** state) {
  const auto& bench = *static_cast<Bench*>(*state);
  const std::size_t text = exposition_bytes(*bench.host.pipeline, 0, FeatureDetail::kAll);
  assert_true(bench.outputs->memory_bytes() >= text + 3 * sizeof(ReadingSender) + sizeof(Textfile));
  assert_true(MetricsSocket::bytes_of(bench.section, *bench.host.pipeline, 0) > sizeof(epsilond::platform::PageServer));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(no_output_allocates, setup, teardown),
    cmocka_unit_test_setup_teardown(what_it_holds_is_told, setup, teardown),
};
EPSILOND_TEST_MAIN(kTests)
