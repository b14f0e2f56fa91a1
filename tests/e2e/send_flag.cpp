// Sends flags through the real emitters, for tests that look at what a real receiver makes of them.
//   send_flag udp://ADDRESS:PORT    RFC 5424: the example of the manual, then a hostile one
//   send_flag local PATH            the same in the classic form
//   send_flag json ADDRESS:PORT     the same as JSON datagrams
//   send_flag journal PATH          the same as entries of journald
//   send_flag text                  prints the text of the example

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string_view>

#include "platform/emit/journal_emitter.h"
#include "platform/emit/syslog_emitter.h"
#include "platform/emit/udp_emitter.h"
#include "platform/host/linux_clock.h"
#include "tests/support/flag_samples.h"

using namespace epsilond::platform;

namespace {

Flag hostile_flag() {
  Flag flag = epsilond::tests::example_flag();
  flag.event = FlagEvent::kCleared;
  flag.id = std::string_view("quote\" bracket] backslash\\ end");
  flag.processes[0].comm = std::string_view("evil]\n<0>1 x");
  flag.text = std::string_view("first line\n<0>1 second \"line\" ] [x@1 y=\"z\"] caf\u00e9 \U0001F427");
  return flag;
}

int send(Emitter& emitter) {
  for (const Flag& flag : {epsilond::tests::example_flag(), hostile_flag()})
    if (const Result<void> emitted = emitter.emit(flag); !emitted) {
      std::fprintf(stderr, "send_flag: %s\n", emitted.error().context.c_str());
      return 1;
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const std::string_view where = argc > 2 ? argv[2] : "";
  const SyslogSettings settings{16, static_cast<std::int32_t>(::getpid()), 1024};
  if (what == "text") {
    std::puts(epsilond::tests::example_flag().text.c_str());
    return 0;
  }
  if (what == "local") {
    const LinuxClock clock;
    const auto emitter = std::make_unique<LocalSyslogEmitter>(clock, where, -1, settings);
    return send(*emitter);
  }
  if (what == "journal") return send(*std::make_unique<JournalEmitter>(where, settings.facility));
  const bool json = what == "json";
  const Result<Endpoint> endpoint = parse_endpoint(json ? where : what, kSyslogPort);
  if (!endpoint) {
    std::fprintf(stderr, "send_flag: %s\n", endpoint.error().context.c_str());
    return 64;
  }
  if (json) return send(*std::make_unique<UdpEmitter>(*endpoint, std::size_t{1024}));
  return send(*std::make_unique<UdpSyslogEmitter>(*endpoint, settings));
}
