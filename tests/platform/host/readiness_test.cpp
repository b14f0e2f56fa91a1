#include "platform/host/readiness.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string_view>

#include "tests/support/datagram_receiver.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::Datagram;
using epsilond::tests::DatagramReceiver;

namespace {

// A service manager of one socket.
struct Manager {
  DatagramReceiver receiver;
  Datagram received;
  char directory[64] = "/tmp/epsilond-test-XXXXXX";
  FixedString<96> path;
  Readiness* readiness = nullptr;
};

Manager& get(void** state) { return *static_cast<Manager*>(*state); }

int start_manager(void** state) {
  auto* manager = new Manager;
  if (::mkdtemp(manager->directory) == nullptr) return -1;
  manager->path.append(manager->directory);
  manager->path.append("/notify");
  if (!manager->receiver.open_local(manager->path)) return -1;
  Result<Readiness> made = Readiness::make(manager->path);
  if (!made) return -1;
  manager->readiness = new Readiness(std::move(*made));
  *state = manager;
  return 0;
}

int stop_manager(void** state) {
  Manager& manager = get(state);
  manager.receiver.close();
  ::unlink(manager.path.c_str());
  ::rmdir(manager.directory);
  delete manager.readiness;
  delete &manager;
  return 0;
}

void expect(Manager& manager, std::string_view message) {
  assert_true(manager.receiver.receive(manager.received));
  assert_true(manager.received.view() == message);
}

void each_message_is_what_sd_notify_says(void** state) {
  Manager& manager = get(state);
  assert_true(static_cast<bool>(manager.readiness->ready()));
  expect(manager, "READY=1");
  assert_true(static_cast<bool>(manager.readiness->alive()));
  expect(manager, "WATCHDOG=1");
  assert_true(static_cast<bool>(manager.readiness->reloading(std::chrono::microseconds(12345678))));
  expect(manager, "RELOADING=1\nMONOTONIC_USEC=12345678");
  assert_true(static_cast<bool>(manager.readiness->status("learning 41%")));
  expect(manager, "STATUS=learning 41%");
  assert_true(static_cast<bool>(manager.readiness->watchdog(std::chrono::seconds(180))));
  expect(manager, "WATCHDOG_USEC=180000000");
  assert_true(static_cast<bool>(manager.readiness->stopping()));
  expect(manager, "STOPPING=1");
}

void a_status_cannot_smuggle_in_an_assignment(void** state) {
  Manager& manager = get(state);
  assert_true(static_cast<bool>(manager.readiness->status("x\nMAINPID=1")));
  expect(manager, "STATUS=x MAINPID=1");
}

void a_long_status_is_cut_at_a_character(void** state) {
  Manager& manager = get(state);
  FixedString<400> text("a");
  while (text.append("\xC3\xA9")) {
  }
  assert_true(static_cast<bool>(manager.readiness->status(text)));
  assert_true(manager.receiver.receive(manager.received));
  assert_int_equal(manager.received.size, 7 + 199);
}

bool send_to_abstract(DatagramReceiver& receiver, Datagram& received) {
  char name[64];
  const int length = std::snprintf(name, sizeof name, "@epsilond-test-%ld", static_cast<long>(::getpid()));
  const std::string_view socket(name, static_cast<std::size_t>(length));
  FixedString<64> bound(socket);
  char address[64];
  std::memcpy(address, bound.c_str(), bound.size());
  address[0] = '\0';
  if (!receiver.open_local({address, bound.size()})) return false;
  Result<Readiness> readiness = Readiness::make(socket);
  const bool sent = readiness && readiness->ready() && receiver.receive(received);
  receiver.close();
  return sent;
}

void an_abstract_socket_is_reached(void** state) {
  DatagramReceiver receiver;
  assert_true(send_to_abstract(receiver, get(state).received));
  assert_true(get(state).received.view() == "READY=1");
}

bool is_quiet(std::string_view socket) {
  Result<Readiness> readiness = Readiness::make(socket);
  return readiness && !readiness->active() && readiness->ready() && readiness->stopping() && readiness->alive() &&
         readiness->status("x") && readiness->reloading({});
}

void without_a_manager_nothing_happens(void**) { assert_true(is_quiet("")); }

bool environment_is_active() {
  Result<Readiness> readiness = Readiness::from_environment();
  return readiness && readiness->active();
}

void the_environment_names_the_socket(void** state) {
  ::unsetenv("NOTIFY_SOCKET");
  assert_false(environment_is_active());
  ::setenv("NOTIFY_SOCKET", get(state).path.c_str(), 1);
  assert_true(environment_is_active());
  ::unsetenv("NOTIFY_SOCKET");
}

bool is_refused(std::string_view socket) {
  const Result<Readiness> readiness = Readiness::make(socket);
  return !readiness && readiness.error().code == ErrorCode::kInvalid;
}

void what_is_no_socket_name_is_refused(void**) {
  FixedString<200> long_path("/");
  while (long_path.append("x")) {
  }
  for (const std::string_view socket : {std::string_view("relative"), std::string_view("/"), std::string_view("@"),
                                        std::string_view("vsock:2:1"), long_path.view()})
    assert_true(is_refused(socket));
}

ErrorCode error_of_ready(Readiness& readiness) {
  const Result<void> sent = readiness.ready();
  return sent ? ErrorCode::kInvalid : sent.error().code;
}

void a_manager_that_is_gone_is_an_error(void** state) {
  get(state).receiver.close();
  ::unlink(get(state).path.c_str());
  assert_int_equal(error_of_ready(*get(state).readiness), ErrorCode::kNotFound);
}

void a_manager_that_is_behind_delays_nobody(void** state) {
  int lost = 0;
  for (int i = 0; i < 5000; ++i) lost += !get(state).readiness->alive();
  assert_true(lost > 0);
}

void the_watchdog_time_is_read_for_this_process_only(void**) {
  assert_int_equal(parse_watchdog("30000000", nullptr, 77)->count(), 30000000);
  assert_int_equal(parse_watchdog("30000000", "77", 77)->count(), 30000000);
  assert_false(parse_watchdog("30000000", "78", 77).has_value());
  for (const char* usec : {"", "0", "-5", "12x", "99999999999999999999"})
    assert_false(parse_watchdog(usec, nullptr, 77).has_value());
  assert_false(parse_watchdog(nullptr, nullptr, 77).has_value());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(each_message_is_what_sd_notify_says, start_manager, stop_manager),
    cmocka_unit_test_setup_teardown(a_status_cannot_smuggle_in_an_assignment, start_manager, stop_manager),
    cmocka_unit_test_setup_teardown(a_long_status_is_cut_at_a_character, start_manager, stop_manager),
    cmocka_unit_test_setup_teardown(an_abstract_socket_is_reached, start_manager, stop_manager),
    cmocka_unit_test(without_a_manager_nothing_happens),
    cmocka_unit_test_setup_teardown(the_environment_names_the_socket, start_manager, stop_manager),
    cmocka_unit_test(what_is_no_socket_name_is_refused),
    cmocka_unit_test_setup_teardown(a_manager_that_is_gone_is_an_error, start_manager, stop_manager),
    cmocka_unit_test_setup_teardown(a_manager_that_is_behind_delays_nobody, start_manager, stop_manager),
    cmocka_unit_test(the_watchdog_time_is_read_for_this_process_only),
};
EPSILOND_TEST_MAIN(kTests)
