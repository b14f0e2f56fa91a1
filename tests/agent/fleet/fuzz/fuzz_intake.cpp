// Datagrams of anybody, one behind the other, to the end: what is counted adds up, what is known of each host keeps to
// its bounds, and what is told of the fleet is UTF-8 without a control character.
//
// The input: datagrams with a byte 1 between them, each behind a letter: 0b01wwwcss, which source (s), whether it was
// cut (c), and how long it was waited for (w).

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/fleet/fleet_text.h"
#include "agent/fleet/fleet_view.h"
#include "agent/fleet/host_book.h"
#include "agent/fleet/intake.h"
#include "platform/collect/network.h"
#include "platform/host/clock.h"
#include "tests/platform/collect/fuzz/told_fuzz.h"
#include "tests/support/flag_parse.h"
#include "tests/support/fuzz_source.h"

using namespace epsilond::agent;
using epsilond::platform::is_harmless;
using epsilond::platform::KeyedHash;
using epsilond::platform::Network;
using epsilond::platform::parse_network;
using epsilond::platform::SourceAddress;
using epsilond::tests::in_bounds;
using epsilond::tests::require_promise;
using epsilond::tests::valid_utf8;

namespace {

constexpr std::size_t kHosts = 4;
constexpr double kDatagramsPerS = 3.0;

class HeldClock final : public epsilond::platform::Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return std::chrono::hours(1000) + passed; }
  std::chrono::nanoseconds since_boot() const override { return monotonic(); }
  std::chrono::nanoseconds wall() const override { return std::chrono::seconds(1766000000) + passed; }
  std::chrono::seconds utc_offset(std::chrono::nanoseconds) const override { return {}; }

  std::chrono::nanoseconds passed{0};
};

Network network(std::string_view text) {
  const auto read = parse_network(text);
  require_promise(static_cast<bool>(read));
  return *read;
}

SourceAddress source_of(unsigned number) {
  // The last is not of what is listened to.
  static const std::array<SourceAddress, 4> sources = {network("127.0.0.1").address, network("10.1.2.3").address,
                                                       network("2001:db8::1").address, network("192.0.2.7").address};
  return sources[number % sources.size()];
}

std::chrono::nanoseconds wait_of(unsigned number) {
  static constexpr std::array<std::chrono::milliseconds, 8> kWaits = {
      std::chrono::milliseconds(0), std::chrono::seconds(1), std::chrono::milliseconds(10), std::chrono::seconds(10),
      std::chrono::minutes(1),      std::chrono::minutes(6), std::chrono::minutes(11),      std::chrono::hours(25)};
  return kWaits[number % kWaits.size()];
}

void check_host(const FleetHost& host, std::chrono::nanoseconds now) {
  require_promise(!host.name.empty() && host.lines > 0 && host.heard <= now && host.spacing_s >= 0.0);
  for (const std::string_view text : {host.name.view(), host.cluster.view(), host.role.view(), host.top_feature.view()})
    require_promise(is_harmless(text));
  for (const double value :
       {host.log_super_epsilon, host.expected, host.variance, host.surprise, host.threshold, host.learning_ratio})
    require_promise(in_bounds(value));
}

void check_book(const HostBook& book, const IntakeFates& fates, std::uint64_t datagrams, std::chrono::nanoseconds now) {
  require_promise(fates.datagrams == datagrams && fates.refused + fates.rate_limited + fates.oversized <= datagrams);
  require_promise(book.hosts().size() <= kHosts);
  for (const FleetHost& host : book.hosts()) {
    check_host(host, now);
    std::size_t same = 0;
    for (const FleetHost& other : book.hosts()) same += host.name.view() == other.name.view() ? 1U : 0U;
    require_promise(same == 1);
  }
}

void check_text(std::string_view text) {
  require_promise(valid_utf8(text));
  for (const char byte : text) require_promise(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
}

void check_told(const HostBook& book, const IntakeFates& fates, const HeldClock& clock) {
  FleetView view(kHosts);
  view.look(book, clock.monotonic());
  const FleetFacts& facts = view.facts();
  require_promise(facts.hosts == facts.reporting + facts.silent + facts.stopped && facts.hosts == book.hosts().size());
  require_promise(facts.flagged <= facts.reporting && facts.learning <= facts.reporting);
  FleetFates all;
  all.intake = fates;
  all.book = book.fates();
  for (const std::string& line : cluster_lines(facts, all)) check_text(line);
  for (const News& news : book.news()) check_text(news_line(news));
  FleetJson about;
  about.wall = clock.wall();
  about.news = book.news();
  std::string json = json_head(about, facts, all);
  bool first = true;
  for (const HostRow& row : view.rows()) json += json_host(row, std::exchange(first, false));
  json += kJsonEnd;
  require_promise(json.ends_with("}\n"));
  json.pop_back();
  check_text(json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  HeldClock clock;
  const KeyedHash hash(std::array<std::uint64_t, 2>{1, 2});
  BookSettings settings;
  settings.hosts = kHosts;
  HostBook book(settings, hash);
  Intake intake(book, clock, {network("127.0.0.0/8"), network("10.0.0.0/8"), network("2001:db8::/32")}, kDatagramsPerS,
                hash);
  std::uint64_t datagrams = 0;
  while (!rest.empty()) {
    const unsigned letter = static_cast<unsigned char>(rest.front());
    const std::string_view datagram = rest.substr(1, rest.find('\x01', 1) - 1);
    rest.remove_prefix(std::min(datagram.size() + 2, rest.size()));
    clock.passed += wait_of(letter >> 3U & 7U);
    intake.take(datagram, (letter & 4U) != 0, source_of(letter & 3U));
    ++datagrams;
    book.pass({clock.monotonic(), clock.wall()});
    check_book(book, intake.fates(), datagrams, clock.monotonic());
  }
  check_told(book, intake.fates(), clock);
  return 0;
}
