#include "agent/outputs/metrics_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>

#include "platform/unique_fd.h"
#include "tests/agent/outputs/outputs_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::EmitterConfig;
using epsilond::agent::EmitterKind;
using epsilond::agent::MetricsSocket;
using epsilond::platform::UniqueFd;
using epsilond::tests::OutputsBench;

namespace {

constexpr std::chrono::seconds kBegan{1000};

struct State {
  OutputsBench host;
  MetricsSocket metrics;
  EmitterConfig section;
  UniqueFd other;  // who has the port

  bool take_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    other.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(other.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(other.get(), 1) != 0 ||
        ::getsockname(other.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      return false;
    section.endpoint.port = ntohs(address.sin_port);
    return true;
  }
  void open() { metrics.open(&section, *host.pipeline, 0); }
};

int set_up(void** state) {
  auto* const made = new State;
  *state = made;
  made->host.add_model("host");
  made->host.build();
  made->section.kind = EmitterKind::kPrometheus;
  made->section.endpoint.address = {127, 0, 0, 1};
  return made->take_port() ? 0 : -1;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void an_address_that_comes_later_is_tried_again_each_minute(void** state) {
  State& test = state_of(state);
  test.open();
  assert_false(test.metrics.is_open());
  test.other.reset();
  test.metrics.tick(kBegan);
  test.metrics.tick(kBegan + std::chrono::seconds(59));
  assert_false(test.metrics.is_open());
  test.metrics.tick(kBegan + std::chrono::seconds(60));
  assert_true(test.metrics.is_open());
}

void an_address_that_comes_later_is_taken_by_opening_it_again(void** state) {
  State& test = state_of(state);
  test.open();
  test.other.reset();
  test.open();
  assert_true(test.metrics.is_open());
}

void nothing_is_tried_where_none_is_wanted(void** state) {
  State& test = state_of(state);
  test.open();
  test.other.reset();
  test.metrics.open(nullptr, *test.host.pipeline, 0);
  test.metrics.tick(kBegan);
  test.metrics.tick(kBegan + std::chrono::minutes(2));
  assert_false(test.metrics.is_open());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(an_address_that_comes_later_is_tried_again_each_minute, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_address_that_comes_later_is_taken_by_opening_it_again, set_up, tear_down),
    cmocka_unit_test_setup_teardown(nothing_is_tried_where_none_is_wanted, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
