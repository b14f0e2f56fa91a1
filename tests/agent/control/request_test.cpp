#include "agent/control/request.h"

#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::CommandedMute;
using epsilond::agent::kMaxRequestBytes;
using epsilond::agent::next_word;
using epsilond::agent::parse_request;
using epsilond::agent::Request;
using epsilond::agent::RequestKind;
using epsilond::platform::ErrorCode;

namespace {

// What a line means, in a form that an asserting frame may hold.
struct Parsed {
  bool ok = false;
  Request request;
  ErrorCode code = ErrorCode::kIo;
  char error[200] = "";
};

Parsed parse(std::string_view line) {
  const auto request = parse_request(line);
  Parsed parsed;
  parsed.ok = static_cast<bool>(request);
  if (request) {
    parsed.request = *request;
  } else {
    parsed.code = request.error().code;
    std::strncpy(parsed.error, request.error().context.c_str(), sizeof parsed.error - 1);
  }
  return parsed;
}

void expect(std::string_view line, RequestKind kind, std::uint32_t number, std::string_view rest) {
  const Parsed parsed = parse(line);
  assert_true(parsed.ok);
  assert_int_equal(parsed.request.kind, kind);
  assert_int_equal(parsed.request.number, number);
  assert_int_equal(parsed.request.rest.size(), rest.size());
  assert_true(parsed.request.rest == rest);
}

void refused(std::string_view line, ErrorCode code) {
  const Parsed parsed = parse(line);
  assert_false(parsed.ok);
  assert_int_equal(parsed.code, code);
  assert_true(parsed.error[0] != '\0');
}

void every_request_is_understood(void**) {
  expect("status", RequestKind::kStatus, 0, "");
  expect("explain", RequestKind::kExplain, 0, "");
  expect("explain host-20261122T031502Z-4", RequestKind::kExplain, 0, "host-20261122T031502Z-4");
  expect("features", RequestKind::kFeatures, 0, "");
  expect("history", RequestKind::kHistory, 0, "");
  expect("history load_1min zombies", RequestKind::kHistory, 0, "load_1min zombies");
  expect("mute 60", RequestKind::kMute, 60, "");
  expect("mute 2700 nightly backup", RequestKind::kMute, 2700, "nightly backup");
  expect("unmute", RequestKind::kUnmute, 0, "");
  expect("relearn", RequestKind::kRelearn, 0, "");
  expect("relearn zombies", RequestKind::kRelearn, 0, "zombies");
}

void the_first_word_of_a_history_may_be_a_number_of_rows(void**) {
  expect("history 60", RequestKind::kHistory, 60, "");
  expect("history 60 load_1min", RequestKind::kHistory, 60, "load_1min");
  expect("history 60x", RequestKind::kHistory, 0, "60x");
}

void blanks_and_a_carriage_return_are_forgiven(void**) {
  expect("  status  ", RequestKind::kStatus, 0, "");
  expect("status\r", RequestKind::kStatus, 0, "");
  expect(" mute   5    a   b  ", RequestKind::kMute, 5, "a   b");
}

void a_reason_may_be_any_text(void**) {
  expect("mute 5 \xc3\xbc \"quoted\" {}|;", RequestKind::kMute, 5, "\xc3\xbc \"quoted\" {}|;");
  expect("mute 5 \xff", RequestKind::kMute, 5, "\xff");
  expect("mute 5 7", RequestKind::kMute, 5, "7");
}

void seconds_of_a_mute_are_a_whole_number_in_range(void**) {
  expect("mute 1", RequestKind::kMute, 1, "");
  expect("mute 2678400", RequestKind::kMute, CommandedMute::kLongestS, "");
  for (const char* line : {"mute", "mute 0", "mute -1", "mute 2678401", "mute 4294967296", "mute 1.5", "mute 1h",
                           "mute x", "mute +1", "mute 0x10"})
    refused(line, ErrorCode::kInvalid);
}

void an_unknown_request_names_those_that_are_there(void**) {
  for (const char* line : {"", " ", "statu", "STATUS", "status\xc2\xa0", "GET / HTTP/1.1", "{\"status\":1}"}) {
    refused(line, ErrorCode::kInvalid);
    assert_non_null(std::strstr(parse(line).error, "status, explain, features, history, mute, unmute, relearn"));
  }
}

void a_word_too_many_is_refused(void**) {
  for (const char* line : {"status now", "features all", "unmute please", "explain a b", "relearn a b"})
    refused(line, ErrorCode::kInvalid);
}

void control_characters_are_refused(void**) {
  for (const std::string_view line :
       {std::string_view("status\0", 7), std::string_view("sta\ttus"), std::string_view("mute 5 a\x1b[31m"),
        std::string_view("mute 5 \x7f"), std::string_view("status\r\r")})
    refused(line, ErrorCode::kMalformed);
}

void a_request_has_a_largest_size(void**) {
  static const std::string text = "mute 5 " + std::string(kMaxRequestBytes, 'x');
  expect(std::string_view(text).substr(0, kMaxRequestBytes), RequestKind::kMute, 5,
         std::string_view(text).substr(7, kMaxRequestBytes - 7));
  refused(std::string_view(text).substr(0, kMaxRequestBytes + 1), ErrorCode::kTooLarge);
}

void words_are_taken_one_by_one(void**) {
  std::string_view rest = "  a  bc ";
  assert_true(next_word(rest) == "a");
  assert_true(next_word(rest) == "bc");
  assert_true(next_word(rest).empty());
  assert_true(next_word(rest).empty());
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(every_request_is_understood),
    cmocka_unit_test(the_first_word_of_a_history_may_be_a_number_of_rows),
    cmocka_unit_test(blanks_and_a_carriage_return_are_forgiven),
    cmocka_unit_test(a_reason_may_be_any_text),
    cmocka_unit_test(seconds_of_a_mute_are_a_whole_number_in_range),
    cmocka_unit_test(an_unknown_request_names_those_that_are_there),
    cmocka_unit_test(a_word_too_many_is_refused),
    cmocka_unit_test(control_characters_are_refused),
    cmocka_unit_test(a_request_has_a_largest_size),
    cmocka_unit_test(words_are_taken_one_by_one),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
