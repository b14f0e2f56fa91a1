#include "platform/emit/syslog_emitter.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "tests/support/datagram_receiver.h"
#include "tests/support/flag_parse.h"
#include "tests/support/flag_samples.h"
#include "tests/support/zone_clock.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::Datagram;
using epsilond::tests::DatagramReceiver;
using epsilond::tests::example_flag;
using epsilond::tests::parse_rfc5424;
using epsilond::tests::Rfc5424;
using epsilond::tests::ZoneClock;

namespace {

constexpr SyslogSettings kSettings{3, 77, kDefaultMaxDatagram};

struct Host {
  DatagramReceiver receiver;  // a local one at `path`, or one on loopback
  Datagram received;
  char directory[64] = "/tmp/epsilond-test-XXXXXX";
  FixedString<96> path;
  ZoneClock clock;
  std::array<int, 2> fallback = {-1, -1};  // a pipe for what would be stderr
  LocalSyslogEmitter* local = nullptr;
  UdpSyslogEmitter* udp = nullptr;
};

Host& get(void** state) { return *static_cast<Host*>(*state); }

int open_host(void** state) {
  auto* host = new Host;
  *state = host;
  if (::mkdtemp(host->directory) == nullptr || ::pipe2(host->fallback.data(), O_CLOEXEC) != 0) return -1;
  host->path.append(host->directory);
  host->path.append("/log");
  host->local = new LocalSyslogEmitter(host->clock, host->path, host->fallback[1], kSettings);
  return 0;
}

int open_udp_host(void** state) {
  if (open_host(state) != 0 || !get(state).receiver.open_udp(false, 0)) return -1;
  get(state).udp = new UdpSyslogEmitter(get(state).receiver.endpoint(), kSettings);
  return 0;
}

int close_host(void** state) {
  auto* host = static_cast<Host*>(*state);
  host->receiver.close();
  for (const int end : host->fallback) ::close(end);
  ::unlink(host->path.c_str());
  ::rmdir(host->directory);
  delete host->local;
  delete host->udp;
  delete host;
  return 0;
}

bool fallback_is_empty(const Host& host) {
  pollfd ready{host.fallback[0], POLLIN, 0};
  return ::poll(&ready, 1, 0) == 0;
}

void the_local_datagram_is_the_classic_line_in_local_time(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  assert_true(static_cast<bool>(host.local->emit(example_flag())));
  assert_true(host.receiver.receive(host.received));
  std::array<char, kDefaultMaxDatagram> expected;
  const Result<std::size_t> size =
      render_flag_local_syslog(example_flag(), {3, 77, 1}, std::chrono::hours(2), expected);
  assert_true(host.received.view() == std::string_view(expected.data(), *size));
  assert_true(host.received.view().starts_with("<28>Nov 22 00:48:01 epsilond[77]: RAISED "));
  assert_true(fallback_is_empty(host));
}

void without_a_daemon_the_line_goes_to_the_fallback_without_its_priority(void** state) {
  Host& host = get(state);
  assert_true(static_cast<bool>(host.local->emit(example_flag())));
  std::array<char, 4096> buffer;
  const ssize_t got = ::read(host.fallback[0], buffer.data(), buffer.size());
  assert_true(got > 0);
  const std::string_view line(buffer.data(), static_cast<std::size_t>(got));
  assert_true(line.starts_with("Nov 22 00:48:01 epsilond[77]: RAISED surprise=9.2 "));
  assert_true(line.ends_with("once in 40 days\n"));
  assert_int_equal(host.local->sent(), 1);
}

void without_a_daemon_and_a_fallback_the_flag_is_dropped(void** state) {
  Host& host = get(state);
  LocalSyslogEmitter emitter(host.clock, host.path, -1, kSettings);
  const Result<void> emitted = emitter.emit(example_flag());
  assert_false(static_cast<bool>(emitted));
  assert_int_equal(emitted.error().code, ErrorCode::kNotFound);
  assert_int_equal(emitter.dropped(), 1);
}

void a_daemon_that_starts_later_is_found(void** state) {
  Host& host = get(state);
  assert_true(static_cast<bool>(host.local->emit(example_flag())));
  assert_true(host.receiver.open_local(host.path));
  assert_true(static_cast<bool>(host.local->emit(example_flag())));
  assert_true(host.receiver.receive(host.received));
}

void a_daemon_that_restarted_gets_the_first_flag(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  assert_true(static_cast<bool>(host.local->emit(example_flag())));
  host.receiver.close();
  ::unlink(host.path.c_str());
  assert_true(host.receiver.open_local(host.path));
  assert_true(static_cast<bool>(host.local->emit(example_flag())));
  assert_true(host.receiver.receive(host.received));
  assert_true(fallback_is_empty(host));
  assert_int_equal(host.local->dropped(), 0);
}

void a_daemon_that_went_away_leaves_the_fallback(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  assert_true(static_cast<bool>(host.local->emit(example_flag())));
  host.receiver.close();
  assert_true(static_cast<bool>(host.local->emit(example_flag())));
  assert_false(fallback_is_empty(host));
}

void a_daemon_that_is_behind_loses_flags_and_delays_nobody(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  for (int i = 0; i < 5000; ++i) (void)static_cast<bool>(host.local->emit(example_flag()));
  assert_true(host.local->dropped() > 0);
  assert_int_equal(host.local->sent() + host.local->dropped(), 5000);
  assert_true(fallback_is_empty(host));
}

void a_fallback_that_is_full_delays_nobody(void** state) {
  Host& host = get(state);
  for (int i = 0; i < 2000; ++i) (void)static_cast<bool>(host.local->emit(example_flag()));
  assert_true(host.local->dropped() > 0);
}

void a_path_too_long_for_a_socket_uses_the_fallback(void** state) {
  Host& host = get(state);
  FixedString<200> path;
  while (path.append("/too/long")) {
  }
  LocalSyslogEmitter emitter(host.clock, path, host.fallback[1], kSettings);
  const bool emitted = static_cast<bool>(emitter.emit(example_flag()));
  assert_true(emitted);
  assert_false(fallback_is_empty(host));
}

void the_udp_datagram_is_the_rfc_5424_rendering(void** state) {
  Host& host = get(state);
  assert_true(static_cast<bool>(host.udp->emit(example_flag())));
  assert_true(host.receiver.receive(host.received));
  std::array<char, kDefaultMaxDatagram> expected;
  const Result<std::size_t> size = render_flag_rfc5424(example_flag(), {3, 77, 1}, expected);
  assert_true(host.received.view() == std::string_view(expected.data(), *size));
}

void the_sequence_counts_from_one(void** state) {
  Host& host = get(state);
  for (const std::string_view expected : {"1", "2", "3"}) {
    assert_true(static_cast<bool>(host.udp->emit(example_flag())));
    assert_true(host.receiver.receive(host.received));
    Rfc5424 parsed;
    assert_true(parse_rfc5424(host.received.view(), parsed));
    assert_true(parsed.param("meta", "sequenceId") == expected);
  }
}

void the_sequence_has_a_gap_where_flags_were_lost(void** state) {
  Host& host = get(state);
  const Endpoint endpoint = host.receiver.endpoint();
  host.receiver.close();
  for (int i = 0; i < 3; ++i) (void)static_cast<bool>(host.udp->emit(example_flag()));
  assert_true(host.udp->dropped() >= 2);
  if (!host.receiver.open_udp(false, endpoint.port)) skip();  // somebody else took the port
  assert_true(static_cast<bool>(host.udp->emit(example_flag())));
  assert_true(host.receiver.receive(host.received));
  Rfc5424 parsed;
  assert_true(parse_rfc5424(host.received.view(), parsed));
  assert_true(parsed.param("meta", "sequenceId") == "4");
}

void the_names_tell_where_flags_go(void** state) {
  Host& host = get(state);
  LocalSyslogEmitter local(host.clock, kLocalSyslogPath, 2, kSettings);
  assert_true(local.name() == "syslog /dev/log");
  Endpoint endpoint;
  endpoint.address = {192, 0, 2, 10};
  endpoint.port = 514;
  UdpSyslogEmitter udp(endpoint, kSettings);
  assert_true(udp.name() == "syslog udp://192.0.2.10:514");
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_local_datagram_is_the_classic_line_in_local_time, open_host, close_host),
    cmocka_unit_test_setup_teardown(without_a_daemon_the_line_goes_to_the_fallback_without_its_priority, open_host,
                                    close_host),
    cmocka_unit_test_setup_teardown(without_a_daemon_and_a_fallback_the_flag_is_dropped, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_daemon_that_starts_later_is_found, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_daemon_that_restarted_gets_the_first_flag, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_daemon_that_went_away_leaves_the_fallback, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_daemon_that_is_behind_loses_flags_and_delays_nobody, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_fallback_that_is_full_delays_nobody, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_path_too_long_for_a_socket_uses_the_fallback, open_host, close_host),
    cmocka_unit_test_setup_teardown(the_udp_datagram_is_the_rfc_5424_rendering, open_udp_host, close_host),
    cmocka_unit_test_setup_teardown(the_sequence_counts_from_one, open_udp_host, close_host),
    cmocka_unit_test_setup_teardown(the_sequence_has_a_gap_where_flags_were_lost, open_udp_host, close_host),
    cmocka_unit_test_setup_teardown(the_names_tell_where_flags_go, open_host, close_host),
};
EPSILOND_TEST_MAIN(kTests)
