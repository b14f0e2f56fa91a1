#include "platform/host/line_server.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "tests/platform/host/line_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::tests;

namespace {

using Bench = LineBench;
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

const char* lines_of(std::size_t count) {
  static std::string text;
  text.clear();
  char line[40];
  for (; count > 0; --count) {
    std::snprintf(line, sizeof line, "%015zu\n", count);
    text += line;
  }
  text += "ok\n";
  return text.c_str();
}

void a_line_is_answered_and_the_connection_closed(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "status please\n"));
  bench.serve_all();
  assert_false(bench.read(client));
  assert_string_equal(bench.service.last_line.c_str(), "status please");
  assert_int_equal(bench.service.last_uid, getuid());
  assert_string_equal(bench.received.c_str(), lines_of(1));
  assert_int_equal(bench.open_clients(), 0);
}

void a_line_may_come_in_pieces(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  for (const char* piece : {"sta", "tus", "\n"}) {
    assert_true(bench.send(client, piece));
    bench.serve_all();
  }
  assert_false(bench.read(client));
  assert_string_equal(bench.service.last_line.c_str(), "status");
}

void a_client_that_closes_its_sending_side_has_ended_its_line(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "status"));
  assert_int_equal(::shutdown(bench.clients[client].get(), SHUT_WR), 0);
  bench.serve_all();
  assert_false(bench.read(client));
  assert_string_equal(bench.service.last_line.c_str(), "status");
  assert_string_equal(bench.received.c_str(), lines_of(1));
}

void a_client_that_says_nothing_and_closes_is_forgotten(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  bench.serve_all();
  assert_int_equal(bench.open_clients(), 1);
  bench.clients[client].reset();
  bench.serve_all();
  assert_int_equal(bench.open_clients(), 0);
  assert_int_equal(bench.service.asked, 0);
}

void a_line_that_is_longer_than_the_buffer_is_handed_over_as_far_as_it_goes(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  static const std::string long_line(3 * LineServer::kBufferBytes, 'x');
  assert_true(bench.send(client, long_line));
  bench.serve_all();
  assert_int_equal(bench.service.asked, 1);
  assert_int_equal(bench.service.last_line.size(), LineServer::kBufferBytes);
  bench.read(client);
  assert_string_equal(bench.received.c_str(), lines_of(1));
}

void what_follows_the_line_is_not_read(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "one\ntwo\nthree\n"));
  bench.serve_all();
  assert_int_equal(bench.service.asked, 1);
  assert_string_equal(bench.service.last_line.c_str(), "one");
  bench.read(client);
  assert_string_equal(bench.received.c_str(), lines_of(1));
}

void an_answer_larger_than_any_buffer_arrives_whole_at_a_slow_reader(void** state) {
  Bench& bench = get(state);
  bench.service.lines = 100000;
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "history\n"));
  while (true) {
    bench.now += seconds(9);  // moves on just in time, again and again
    bench.serve();
    const std::size_t before = bench.received.size();
    if (!bench.read(client, 200000)) break;
    assert_true(bench.received.size() > before);
  }
  assert_int_equal(bench.received.size(), 1600003);
  assert_true(bench.received == lines_of(100000));
}

void one_call_does_a_bounded_part_of_an_answer(void** state) {
  Bench& bench = get(state);
  bench.service.lines = 100000;
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "history\n"));
  bench.serve();
  bench.read(client);
  assert_true(bench.received.size() > LineServer::kBufferBytes);
  assert_true(bench.received.size() <= 6 * LineServer::kBufferBytes);
}

void a_client_that_never_asks_is_closed_when_its_time_is_up(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  bench.serve_all();
  bench.now += LineServer::kPatience - seconds(1);
  assert_true(bench.send(client, "s"));  // a byte now and then buys no time
  bench.serve_all();
  assert_true(bench.server->time_left(bench.now) == seconds(1));
  assert_true(bench.read(client));
  bench.now += seconds(1);
  bench.serve();
  assert_false(bench.read(client));
  assert_int_equal(bench.open_clients(), 0);
}

void a_client_that_reads_nothing_is_closed_when_its_time_is_up(void** state) {
  Bench& bench = get(state);
  bench.service.lines = 100000;
  assert_true(bench.send(bench.connect(), "history\n"));
  bench.serve_all();
  assert_int_equal(bench.open_clients(), 1);
  bench.now += LineServer::kPatience;
  assert_true(bench.server->time_left(bench.now) == seconds(0));
  bench.serve();
  assert_int_equal(bench.open_clients(), 0);
}

void without_clients_there_is_nothing_to_wait_for(void** state) {
  Bench& bench = get(state);
  assert_true(bench.server->time_left(bench.now) == std::chrono::milliseconds(-1));
}

void the_newest_client_drives_out_the_one_that_waited_longest(void** state) {
  Bench& bench = get(state);
  for (std::size_t i = 0; i < kAll; ++i) {
    bench.now += seconds(1);
    bench.connect();
    bench.serve_all();
  }
  const std::size_t newest = bench.connect();
  assert_true(bench.send(newest, "status\n"));
  bench.serve_all();
  assert_false(bench.read(0));
  assert_string_equal(bench.received.c_str(), "error busy too many clients at once\n");
  bench.received.clear();
  assert_false(bench.read(newest));
  assert_string_equal(bench.received.c_str(), lines_of(1));
  assert_true(bench.read(1));
}

void one_that_is_being_answered_is_driven_out_last(void** state) {
  Bench& bench = get(state);
  bench.service.lines = 100000;
  const std::size_t reader = bench.connect();
  assert_true(bench.send(reader, "history\n"));
  bench.serve_all();
  for (std::size_t i = 0; i < 3 * kAll; ++i) {
    bench.now += std::chrono::milliseconds(1);
    bench.connect();
    bench.serve_all();
  }
  bench.received.clear();
  while (bench.read(reader)) bench.serve();
  assert_int_equal(bench.received.size(), 1600003);
}

void a_thousand_clients_are_answered_one_after_another(void** state) {
  Bench& bench = get(state);
  for (int i = 0; i < 1000; ++i) {
    const std::size_t client = bench.connect();
    assert_true(bench.send(client, "status\n"));
    bench.serve_all();
    bench.read(client);
    bench.clients.clear();
  }
  assert_int_equal(bench.service.asked, 1000);
  assert_int_equal(bench.received.size(), 1000 * 19);
}

void a_thousand_clients_at_once_leave_room_for_the_last(void** state) {
  Bench& bench = get(state);
  for (int i = 0; i < 500; ++i) {
    if (bench.connect() > 10000) bench.serve();
  }
  bench.serve_all();
  const std::size_t last = bench.connect();
  assert_true(bench.send(last, "status\n"));
  bench.serve_all();
  bench.received.clear();
  assert_false(bench.read(last));
  assert_string_equal(bench.received.c_str(), lines_of(1));
  assert_true(bench.open_clients() <= kAll);
}

void without_descriptors_it_rests_in_place_of_spinning(void** state) {
  Bench& bench = get(state);
  const std::size_t client = bench.connect();
  assert_true(bench.send(client, "status\n"));
  rlimit before{};
  assert_int_equal(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // None is free below the limit, which must leave poll(2) room for its rows.
  constexpr int kLimit = 32;
  while (bench.fill_descriptors() < kLimit) {
  }
  const rlimit none{kLimit, before.rlim_max};
  assert_int_equal(::setrlimit(RLIMIT_NOFILE, &none), 0);
  bench.serve();
  const int put_back = ::setrlimit(RLIMIT_NOFILE, &before);
  assert_int_equal(put_back, 0);
  assert_int_equal(bench.server->watched()[0].fd, -1);
  assert_true(bench.server->time_left(bench.now) == seconds(1));
  bench.now += seconds(1);
  bench.serve_all();
  bench.serve_all();
  assert_false(bench.read(client));
  assert_string_equal(bench.received.c_str(), lines_of(1));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_line_is_answered_and_the_connection_closed, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(a_line_may_come_in_pieces, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(a_client_that_closes_its_sending_side_has_ended_its_line, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(a_client_that_says_nothing_and_closes_is_forgotten, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(a_line_that_is_longer_than_the_buffer_is_handed_over_as_far_as_it_goes,
                                    start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(what_follows_the_line_is_not_read, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(an_answer_larger_than_any_buffer_arrives_whole_at_a_slow_reader, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(one_call_does_a_bounded_part_of_an_answer, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(a_client_that_never_asks_is_closed_when_its_time_is_up, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(a_client_that_reads_nothing_is_closed_when_its_time_is_up, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(without_clients_there_is_nothing_to_wait_for, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(the_newest_client_drives_out_the_one_that_waited_longest, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(one_that_is_being_answered_is_driven_out_last, start_line_bench, finish_line_bench),
    cmocka_unit_test_setup_teardown(a_thousand_clients_are_answered_one_after_another, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(a_thousand_clients_at_once_leave_room_for_the_last, start_line_bench,
                                    finish_line_bench),
    cmocka_unit_test_setup_teardown(without_descriptors_it_rests_in_place_of_spinning, start_line_bench,
                                    finish_line_bench),
};
EPSILOND_TEST_MAIN(kTests)
