// What is believed of what hosts send, and when they fall silent, by a clock of the test.

#include "agent/fleet/host_book.h"

#include <string>

#include "agent/fleet/fleet_view.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::agent;
using namespace epsilond::platform;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr nanoseconds kStart = seconds(1766000000);

struct Bench {
  explicit Bench(const BookSettings& settings) : book(settings, KeyedHash({1, 2})), view(settings.hosts) {
    source.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 1};
  }
  Moment now() const { return {seconds(1000) + passed, kStart + passed}; }
  void pass(double time_s) {
    passed += nanoseconds(static_cast<std::int64_t>(time_s * 1e9));
    book.pass(now());
  }
  // A line of now.
  HostReport line(const char* host, std::uint64_t sequence) const {
    HostReport report;
    report.host.assign(host);
    report.model.assign("host");
    report.sequence = sequence;
    report.time_ns = now().wall.count();
    report.learning_ratio = 1.0;
    report.anomalous = false;
    return report;
  }
  void take(const HostReport& report) { book.take(report, source, now()); }
  void take(FlagEvent kind, const char* host) {
    HostEvent event;
    event.event = kind;
    event.host.assign(host);
    event.model.assign("host");
    event.surprise = 9.0;
    event.time_ns = now().wall.count();
    book.take(event, source, now());
  }
  const FleetHost& host(std::size_t i) const { return book.hosts()[i]; }
  bool told(NewsKind kind, const char* host) const {
    for (const News& news : book.news())
      if (news.kind == kind && news.host == host) return true;
    return false;
  }

  HostBook book;
  FleetView view;
  SourceAddress source;
  nanoseconds passed{0};
};

int setup(void** state) {
  *state = new Bench(BookSettings());
  return 0;
}
int three_hosts(void** state) {
  BookSettings settings;
  settings.hosts = 3;
  settings.silent_after = seconds(10);
  *state = new Bench(settings);
  return 0;
}
int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void a_host_is_silent_after_five_of_its_own_intervals(void** state) {
  Bench& bench = get(state);
  for (std::uint64_t i = 1; i <= 20; ++i) {
    bench.take(bench.line("fast", i * 60));
    bench.take(bench.line("slow", i));
    bench.pass(60.0);
    bench.book.clear_news();
  }
  assert_true(bench.host(0).state == HostState::kSilent);
  assert_true(bench.host(1).reporting());
  bench.pass(230.0);
  assert_true(bench.host(1).reporting());
  bench.pass(20.0);
  assert_true(bench.told(NewsKind::kSilent, "slow"));
  assert_true(bench.host(1).state == HostState::kSilent);
  bench.take(bench.line("slow", 25));
  assert_true(bench.told(NewsKind::kBack, "slow"));
  assert_true(bench.host(1).state == HostState::kNormal);
  assert_int_equal(bench.host(1).lost, 4);
}

void a_host_that_says_it_stops_is_not_silent(void** state) {
  Bench& bench = get(state);
  bench.take(bench.line("a", 1));
  bench.take(FlagEvent::kStop, "a");
  bench.pass(3600.0);
  assert_true(bench.host(0).state == HostState::kStopped);
  bench.take(bench.line("a", 1));
  assert_true(bench.host(0).state == HostState::kNormal);
}

void a_host_of_events_alone_is_never_silent(void** state) {
  Bench& bench = get(state);
  bench.take(FlagEvent::kRaised, "a");
  bench.pass(3600.0);
  assert_true(bench.host(0).state == HostState::kAnomalous);
  bench.take(FlagEvent::kCleared, "a");
  assert_true(bench.host(0).state == HostState::kNormal);
  assert_true(bench.told(NewsKind::kRaised, "a") && bench.told(NewsKind::kCleared, "a"));
}

void lines_are_believed_before_events(void** state) {
  Bench& bench = get(state);
  bench.take(bench.line("a", 1));
  bench.take(FlagEvent::kRaised, "a");
  assert_true(bench.host(0).state == HostState::kNormal);
  HostReport odd = bench.line("a", 2);
  odd.anomalous = true;
  bench.pass(1.0);
  odd.time_ns = bench.now().wall.count();
  bench.take(odd);
  bench.take(FlagEvent::kCleared, "a");
  assert_true(bench.host(0).state == HostState::kAnomalous);
}

void what_was_sent_before_cannot_be_sent_again(void** state) {
  Bench& bench = get(state);
  const HostReport first = bench.line("a", 100);
  bench.take(first);
  bench.take(first);
  assert_int_equal(bench.book.fates().old, 1);
  bench.pass(1.0);
  bench.take(bench.line("a", 1));  // its agent was started again
  HostReport replayed = first;
  for (std::uint64_t sequence = 20; sequence < 200; ++sequence) {
    replayed.sequence = sequence;
    bench.take(replayed);
  }
  assert_int_equal(bench.book.fates().old, 181);
  assert_int_equal(bench.book.fates().accepted, 2);
  bench.pass(120.0);
  bench.take(first);
  assert_true(bench.host(0).state == HostState::kSilent);
  bench.take(FlagEvent::kRaised, "b");
  bench.take(FlagEvent::kRaised, "b");
  assert_int_equal(bench.book.fates().old, 183);
}

void without_a_time_the_sequence_counts_and_without_both_all_is_new(void** state) {
  Bench& bench = get(state);
  HostReport report = bench.line("a", 5);
  report.time_ns = 0;
  bench.take(report);
  bench.take(report);
  assert_int_equal(bench.book.fates().old, 1);
  report.sequence.reset();
  bench.take(report);
  bench.take(report);
  assert_int_equal(bench.book.fates().accepted, 3);
}

void a_jump_of_a_sequence_is_no_loss_of_millions(void** state) {
  Bench& bench = get(state);
  bench.take(bench.line("a", 1));
  bench.pass(1.0);
  bench.take(bench.line("a", ~std::uint64_t{0}));
  assert_int_equal(bench.book.fates().lost, 0);
}

void another_address_is_believed_only_after_a_while(void** state) {
  Bench& bench = get(state);
  bench.take(bench.line("a", 1));
  bench.pass(1.0);
  bench.take(bench.line("a", 2));
  bench.source.bytes[15] = 2;
  bench.pass(20.0);
  bench.take(bench.line("a", 3));
  assert_int_equal(bench.book.fates().other_sources, 1);
  bench.pass(15.0);
  bench.take(bench.line("a", 4));
  assert_int_equal(bench.book.fates().other_sources, 1);
  assert_true(bench.host(0).source == bench.source);
  assert_false(bench.told(NewsKind::kSilent, "a"));
}

void there_is_room_again_when_the_silent_are_forgotten(void** state) {
  Bench& bench = get(state);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    bench.take(bench.line("a", i));
    bench.pass(1.0);
  }
  for (const char* host : {"b", "c", "d", "e"}) bench.take(bench.line(host, 1));
  assert_int_equal(bench.book.hosts().size(), 3);
  assert_int_equal(bench.book.fates().no_room, 2);
  bench.pass(599.0);
  assert_int_equal(bench.book.hosts().size(), 3);
  bench.pass(2.0);
  assert_true(bench.told(NewsKind::kForgotten, "b") && bench.told(NewsKind::kForgotten, "c"));
  assert_int_equal(bench.book.hosts().size(), 1);
  assert_true(bench.host(0).name == "a");
  bench.take(bench.line("d", 1));
  bench.take(bench.line("d", 2));
  assert_int_equal(bench.book.hosts().size(), 2);
  bench.pass(86400.0);
  assert_true(bench.told(NewsKind::kForgotten, "a"));
}

void news_beyond_their_room_are_counted(void** state) {
  Bench& bench = get(state);
  HostReport report = bench.line("a", 1);
  for (std::uint64_t i = 1; i <= HostBook::kMostNews + 7; ++i) {
    report.sequence = i;
    ++report.time_ns;
    report.anomalous = i % 2 == 1;
    bench.take(report);
  }
  assert_int_equal(bench.book.news().size(), HostBook::kMostNews);
  assert_int_equal(bench.book.news_left_out(), 7);
  bench.book.clear_news();
  assert_int_equal(bench.book.news().size() + bench.book.news_left_out(), 0);
}

void roles_are_compared_apart_and_a_crowd_is_not_the_odd_one(void** state) {
  Bench& bench = get(state);
  for (int i = 0; i < 60; ++i) {
    const bool web = i < 40;
    HostReport report = bench.line(("h" + std::to_string(i)).c_str(), 1);
    report.role.assign(web ? "web" : "db");
    report.expected = -10.0;
    report.variance = 4.0;
    // Of web, hosts 0 to 9 are odd together; of db, host 59 alone, in a role that is all 8 sd off.
    const double z = web ? (i < 10 ? 9.0 : 0.1 * (i % 5)) : (i == 59 ? 20.0 : 8.0);
    report.log_super_epsilon = report.expected - 2.0 * z;
    bench.take(report);
  }
  bench.view.look(bench.book, bench.now().monotonic);
  const FleetFacts& facts = bench.view.facts();
  assert_int_equal(facts.odd_hosts, 11);
  assert_non_null(facts.odd);
  assert_true(facts.odd->host.name == "h59");
  assert_near(facts.odd->peer_z, 12.0, 1e-12, 0.0);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_host_is_silent_after_five_of_its_own_intervals, setup, teardown),
    cmocka_unit_test_setup_teardown(a_host_that_says_it_stops_is_not_silent, setup, teardown),
    cmocka_unit_test_setup_teardown(a_host_of_events_alone_is_never_silent, setup, teardown),
    cmocka_unit_test_setup_teardown(lines_are_believed_before_events, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_sent_before_cannot_be_sent_again, setup, teardown),
    cmocka_unit_test_setup_teardown(without_a_time_the_sequence_counts_and_without_both_all_is_new, setup, teardown),
    cmocka_unit_test_setup_teardown(a_jump_of_a_sequence_is_no_loss_of_millions, setup, teardown),
    cmocka_unit_test_setup_teardown(another_address_is_believed_only_after_a_while, setup, teardown),
    cmocka_unit_test_setup_teardown(there_is_room_again_when_the_silent_are_forgotten, three_hosts, teardown),
    cmocka_unit_test_setup_teardown(news_beyond_their_room_are_counted, setup, teardown),
    cmocka_unit_test_setup_teardown(roles_are_compared_apart_and_a_crowd_is_not_the_odd_one, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
