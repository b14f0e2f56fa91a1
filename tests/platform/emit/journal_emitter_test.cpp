#include "platform/emit/journal_emitter.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string_view>

#include "tests/support/datagram_receiver.h"
#include "tests/support/flag_samples.h"
#include "tests/support/journal_parse.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::Datagram;
using epsilond::tests::DatagramReceiver;
using epsilond::tests::example_flag;
using epsilond::tests::FlagMaker;
using epsilond::tests::JournalEntry;
using epsilond::tests::parse_journal;
using epsilond::tests::test_seed;
using epsilond::tests::worst_flag;

namespace {

struct Host {
  DatagramReceiver receiver;
  Datagram received;
  JournalEntry entry;
  char directory[64] = "/tmp/epsilond-test-XXXXXX";
  FixedString<96> path;
  JournalEmitter* emitter = nullptr;
};

Host& get(void** state) { return *static_cast<Host*>(*state); }

int open_host(void** state) {
  auto* host = new Host;
  *state = host;
  if (::mkdtemp(host->directory) == nullptr) return -1;
  host->path.append(host->directory);
  host->path.append("/socket");
  host->emitter = new JournalEmitter(host->path, 3);
  return 0;
}

int close_host(void** state) {
  auto* host = static_cast<Host*>(*state);
  host->receiver.close();
  ::unlink(host->path.c_str());
  ::rmdir(host->directory);
  delete host->emitter;
  delete host;
  return 0;
}

void deliver(Host& host, const Flag& flag) {
  assert_true(static_cast<bool>(host.emitter->emit(flag)));
  assert_true(host.receiver.receive(host.received));
  assert_true(parse_journal(host.received.view(), host.entry));
}

void expect(const Host& host, const char* name, std::string_view value) {
  const std::string_view got = host.entry.get(name);
  if (got != value)
    fail_msg("%s is \"%.*s\", not \"%.*s\"", name, static_cast<int>(got.size()), got.data(),
             static_cast<int>(value.size()), value.data());
}

void a_socket_gets_every_field_of_an_event(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  deliver(host, example_flag());
  expect(host, "MESSAGE_ID", "357f2b61aeec45c1ac95891b7781992a");
  expect(host, "PRIORITY", "4");
  expect(host, "SYSLOG_FACILITY", "3");
  expect(host, "SYSLOG_IDENTIFIER", "epsilond");
  expect(host, "EPSILOND_EVENT", "raised");
  expect(host, "EPSILOND_ID", "host-20261121T224746Z-3");
  expect(host, "EPSILOND_HOST", "web1.example.org");
  expect(host, "EPSILOND_TIME", "2026-11-21T22:48:01.123Z");
  expect(host, "EPSILOND_MODEL", "host");
  expect(host, "EPSILOND_SURPRISE", "9.2");
  expect(host, "EPSILOND_LOG_SUPER_EPSILON", "-83.1");
  expect(host, "EPSILOND_THRESHOLD", "5.3");
  expect(host, "EPSILOND_DURATION_S", "15");
  expect(host, "EPSILOND_FEATURE_1", "mem_used_bytes");
  expect(host, "EPSILOND_FEATURE_1_VALUE", "7912345600");
  expect(host, "EPSILOND_FEATURE_1_MEAN", "2200000000");
  expect(host, "EPSILOND_FEATURE_1_SD", "2.14748e8");
  expect(host, "EPSILOND_FEATURE_1_Z", "26.6");
  expect(host, "EPSILOND_FEATURE_1_SHARE", "0.71");
  expect(host, "EPSILOND_FEATURE_2", "disk_write_bytes_per_s");
  expect(host, "EPSILOND_PROCESS_1", "postgres");
  expect(host, "EPSILOND_PROCESS_1_PID", "4411");
  expect(host, "EPSILOND_PROCESS_1_UID", "113");
  expect(host, "EPSILOND_PROCESS_1_WHAT", "rss_bytes");
  expect(host, "EPSILOND_PROCESS_1_DELTA", "5600000000");
  expect(host, "EPSILOND_PROCESS_1_UNIT", "postgresql.service");
  std::size_t features = 0;
  expect(host, "EPSILOND_FEATURE", "mem_used_bytes");
  static_cast<void>(host.entry.get("EPSILOND_FEATURE", &features));
  assert_int_equal(features, 2);
  assert_true(host.entry.get("MESSAGE").starts_with("RAISED host: memory used 7.9 GB"));
  assert_true(host.entry.get("MESSAGE").ends_with("once in 40 days"));
}

void a_lifecycle_event_has_no_numbers(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  Flag flag;
  flag.event = FlagEvent::kStart;
  flag.text = std::string_view("epsilond 0.1.0 started");
  deliver(host, flag);
  expect(host, "MESSAGE", "START: epsilond 0.1.0 started");
  expect(host, "PRIORITY", "6");
  expect(host, "EPSILOND_EVENT", "start");
  expect(host, "EPSILOND_SURPRISE", "(none)");
  expect(host, "EPSILOND_MODEL", "(none)");
  expect(host, "EPSILOND_ID", "(none)");
}

void the_priority_is_the_severity(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  Flag flag = example_flag();
  flag.critical = true;
  deliver(host, flag);
  expect(host, "PRIORITY", "2");
  flag.event = FlagEvent::kCleared;
  deliver(host, flag);
  expect(host, "PRIORITY", "5");
}

void a_value_with_a_line_end_is_framed_by_its_length(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  Flag flag = example_flag();
  flag.processes[0].comm = std::string_view("a\nPRIORITY=0\n");
  flag.text = std::string_view("one\nMESSAGE_ID=0\ntwo");
  deliver(host, flag);
  expect(host, "EPSILOND_PROCESS_1", "a\nPRIORITY=0\n");
  expect(host, "PRIORITY", "4");
  expect(host, "MESSAGE", "RAISED host: one MESSAGE_ID=0 two");
  std::size_t times = 0;
  static_cast<void>(host.entry.get("MESSAGE_ID", &times));
  assert_int_equal(times, 1);
}

void a_number_that_is_not_finite_has_no_field(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  Flag flag = example_flag();
  flag.surprise = std::numeric_limits<double>::infinity();
  flag.features[0].z = std::nan("");
  deliver(host, flag);
  expect(host, "EPSILOND_SURPRISE", "(none)");
  expect(host, "EPSILOND_FEATURE_1_Z", "(none)");
}

void any_flag_fits_and_parses(void** state) {
  Host& host = get(state);
  std::array<char, kLargestJournalEntry> out;
  for (const std::string_view filler : epsilond::tests::kFillers) {
    const Result<std::size_t> size = render_flag_journal(worst_flag(filler), 23, out);
    assert_true(static_cast<bool>(size));
    assert_true(parse_journal({out.data(), *size}, host.entry));
  }
  FlagMaker maker(test_seed());
  for (int i = 0; i < 2000; ++i) {
    const Flag flag = maker.make();
    const Result<std::size_t> size = render_flag_journal(flag, 3, out);
    assert_true(static_cast<bool>(size));
    assert_true(parse_journal({out.data(), *size}, host.entry));
    expect(host, "EPSILOND_EVENT", event_name(flag.event));
    if (!flag.id.empty()) expect(host, "EPSILOND_ID", flag.id.view());
    if (flag.process_count > 0 && !flag.processes[0].comm.empty())
      expect(host, "EPSILOND_PROCESS_1", flag.processes[0].comm.view());
  }
}

void what_does_not_fit_and_what_is_no_facility_is_refused(void**) {
  std::array<char, 100> small;
  const Result<std::size_t> cut = render_flag_journal(example_flag(), 3, small);
  assert_true(!cut && cut.error().code == ErrorCode::kTooLarge);
  std::array<char, kLargestJournalEntry> out;
  const Result<std::size_t> wrong = render_flag_journal(example_flag(), 24, out);
  assert_true(!wrong && wrong.error().code == ErrorCode::kInvalid);
}

void without_a_journal_the_flag_is_dropped_and_a_later_one_is_found(void** state) {
  Host& host = get(state);
  const Result<void> emitted = host.emitter->emit(example_flag());
  assert_true(!emitted && emitted.error().code == ErrorCode::kNotFound);
  assert_int_equal(host.emitter->dropped(), 1);
  assert_true(host.receiver.open_local(host.path));
  deliver(host, example_flag());
  host.receiver.close();
  ::unlink(host.path.c_str());
  assert_true(host.receiver.open_local(host.path));
  deliver(host, example_flag());
  assert_int_equal(host.emitter->sent(), 2);
  assert_int_equal(host.emitter->dropped(), 1);
}

void whether_it_can_be_reached_is_known_without_sending(void** state) {
  Host& host = get(state);
  const Result<void> without = host.emitter->reach();
  assert_false(static_cast<bool>(without));
  assert_true(without.error().code == ErrorCode::kNotFound);
  assert_true(host.receiver.open_local(host.path));
  assert_true(static_cast<bool>(host.emitter->reach()));
  deliver(host, example_flag());  // the first entry to arrive
  assert_int_equal(host.emitter->sent(), 1);
  assert_int_equal(host.emitter->dropped(), 0);
}

void a_journal_that_is_behind_loses_flags_and_delays_nobody(void** state) {
  Host& host = get(state);
  assert_true(host.receiver.open_local(host.path));
  for (int i = 0; i < 2000; ++i) static_cast<void>(static_cast<bool>(host.emitter->emit(example_flag())));
  assert_true(host.emitter->dropped() > 0);
  assert_int_equal(host.emitter->sent() + host.emitter->dropped(), 2000);
}

bool is_message_id(std::string_view id) {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void every_event_has_a_message_id_of_its_own(void**) {
  for (int i = 0; i < 7; ++i) {
    assert_true(is_message_id(event_message_id(static_cast<FlagEvent>(i))));
    for (int j = 0; j < i; ++j)
      assert_false(event_message_id(static_cast<FlagEvent>(i)) == event_message_id(static_cast<FlagEvent>(j)));
  }
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_socket_gets_every_field_of_an_event, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_lifecycle_event_has_no_numbers, open_host, close_host),
    cmocka_unit_test_setup_teardown(the_priority_is_the_severity, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_value_with_a_line_end_is_framed_by_its_length, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_number_that_is_not_finite_has_no_field, open_host, close_host),
    cmocka_unit_test_setup_teardown(any_flag_fits_and_parses, open_host, close_host),
    cmocka_unit_test(what_does_not_fit_and_what_is_no_facility_is_refused),
    cmocka_unit_test_setup_teardown(without_a_journal_the_flag_is_dropped_and_a_later_one_is_found, open_host,
                                    close_host),
    cmocka_unit_test_setup_teardown(whether_it_can_be_reached_is_known_without_sending, open_host, close_host),
    cmocka_unit_test_setup_teardown(a_journal_that_is_behind_loses_flags_and_delays_nobody, open_host, close_host),
    cmocka_unit_test(every_event_has_a_message_id_of_its_own),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
