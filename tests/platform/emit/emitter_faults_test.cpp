// Whatever system call goes wrong: a flag is sent whole or is dropped, counted and said to be, and the next one is
// sent.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "platform/emit/journal_emitter.h"
#include "platform/emit/stdout_emitter.h"
#include "platform/emit/syslog_emitter.h"
#include "platform/emit/udp_emitter.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/fault_trial.h"
#include "tests/support/flag_samples.h"
#include "tests/support/temp_tree.h"
#include "tests/support/zone_clock.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::Datagram;
using epsilond::tests::DatagramReceiver;
using epsilond::tests::done;
using epsilond::tests::example_flag;
using epsilond::tests::FaultReport;
using epsilond::tests::Outcome;
using epsilond::tests::refused;
using epsilond::tests::TempTree;
using epsilond::tests::try_every_fault;
using epsilond::tests::Undisturbed;
using epsilond::tests::wrong;
using epsilond::tests::ZoneClock;

namespace {

struct Bench {
  TempTree tree;
  std::string path = tree.path() + "/socket";
  ZoneClock clock;
  DatagramReceiver receiver;
  Datagram datagram;
  std::array<int, 2> pipe = {-1, -1};  // standard output, or the fallback of syslog
  std::unique_ptr<Emitter> emitter;
  std::string first;  // what came first of all, which is what each is to be

  // Lines and datagrams that have come, of which each must be whole; the text of what is not.
  std::size_t received = 0;
  std::string torn;

  void take(std::string_view text) {
    // The fallback has no priority, and numbers of a sequence differ.
    if (text.starts_with('<')) text.remove_prefix(text.find('>') + 1);
    if (first.empty()) first = text;
    if (text.size() == first.size() && text.substr(0, 24) == std::string_view(first).substr(0, 24))
      ++received;
    else
      torn.assign(text);
  }
  void drain() {
    const Undisturbed quiet;
    while (!receiver.empty() && receiver.receive(datagram)) take(datagram.view());
    std::string text;
    std::array<char, 8192> piece;
    for (ssize_t got = 0; (got = ::read(pipe[0], piece.data(), piece.size())) > 0;)
      text.append(piece.data(), static_cast<std::size_t>(got));
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (end > at) take(std::string_view(text).substr(at, end - at));
      at = end + 1;
    }
  }
  template <typename Make>
  void begin(Make make) {
    drain();
    emitter = make();
    received = 0;
    torn.clear();
  }
  // The first opens the socket, the second finds it open.
  Outcome emit_twice() {
    Outcome outcome = done();
    for (int i = 0; i < 2; ++i)
      if (const Result<void> emitted = emitter->emit(example_flag()); !emitted) outcome = refused(emitted.error());
    drain();
    if (emitter->sent() + emitter->dropped() < 2) return wrong("a flag is neither sent nor dropped");
    if (received != emitter->sent())
      return wrong(std::to_string(emitter->sent()) + " are said to be sent, " + std::to_string(received) + " came");
    if (!torn.empty() && emitter->dropped() == 0) return wrong("a part came, and nothing is said to be dropped");
    return outcome;
  }
  Outcome emit_again() {
    received = 0;
    if (!emitter->emit(example_flag())) return wrong("the next flag is not sent");
    drain();
    return received == 1 ? done() : wrong("the next flag did not come");
  }
  template <typename Make>
  FaultReport try_emitter(const char* name, Make make) {
    return try_every_fault({.name = name,
                            .begin = [this, make] { begin(make); },
                            .act = [this] { return emit_twice(); },
                            .again = [this] { return emit_again(); }});
  }

  FaultReport try_local_syslog() {
    if (!receiver.open_local(path)) return {};
    return try_emitter("emitter, local syslog", [this] {
      return std::make_unique<LocalSyslogEmitter>(clock, path, pipe[1], SyslogSettings{3, 77, kDefaultMaxDatagram});
    });
  }
  FaultReport try_udp_syslog() {
    if (!receiver.open_udp(false, 0)) return {};
    return try_emitter("emitter, syslog over UDP", [this] {
      return std::make_unique<UdpSyslogEmitter>(receiver.endpoint(), SyslogSettings{3, 77, kDefaultMaxDatagram});
    });
  }
  FaultReport try_udp() {
    if (!receiver.open_udp(false, 0)) return {};
    return try_emitter("emitter, JSON over UDP",
                       [this] { return std::make_unique<UdpEmitter>(receiver.endpoint(), kDefaultMaxDatagram); });
  }
  FaultReport try_journal() {
    if (!receiver.open_local(path)) return {};
    return try_emitter("emitter, journal", [this] { return std::make_unique<JournalEmitter>(path, 3); });
  }
  FaultReport try_stdout() {
    if (!receiver.open_local(path)) return {};  // to which nobody sends
    return try_emitter("emitter, standard output", [this] { return std::make_unique<StdoutEmitter>(pipe[1]); });
  }
};

int set_up(void** state) {
  ::signal(SIGPIPE, SIG_IGN);
  auto* bench = new Bench;
  *state = bench;
  if (::pipe2(bench->pipe.data(), O_CLOEXEC) != 0) return -1;
  return ::fcntl(bench->pipe[0], F_SETFL, O_NONBLOCK);
}
int tear_down(void** state) {
  auto* bench = static_cast<Bench*>(*state);
  bench->receiver.close();
  for (const int end : bench->pipe) ::close(end);
  delete bench;
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void local_syslog_sends_or_counts(void** state) { assert_survived(get(state).try_local_syslog()); }
void syslog_over_udp_sends_or_counts(void** state) { assert_survived(get(state).try_udp_syslog()); }
void json_over_udp_sends_or_counts(void** state) { assert_survived(get(state).try_udp()); }
void the_journal_sends_or_counts(void** state) { assert_survived(get(state).try_journal()); }
void standard_output_writes_or_counts(void** state) { assert_survived(get(state).try_stdout()); }

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(local_syslog_sends_or_counts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(syslog_over_udp_sends_or_counts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(json_over_udp_sends_or_counts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_journal_sends_or_counts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(standard_output_writes_or_counts, set_up, tear_down),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
