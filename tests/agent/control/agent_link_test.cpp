#include "agent/control/agent_link.h"

#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::AgentReply;
using epsilond::agent::ExitCode;
using epsilond::agent::padded;
using epsilond::agent::read_reply;

namespace {

struct Read {
  ExitCode code;
  std::size_t lines;
  char verdict[40];
  char problem[80];
};

Read read(std::string_view text) {
  AgentReply reply;
  reply.text = text;
  read_reply(reply);
  Read result{reply.code, reply.lines.size(), "", ""};
  std::strncpy(result.verdict, std::string(reply.verdict).c_str(), sizeof result.verdict - 1);
  std::strncpy(result.problem, reply.problem.c_str(), sizeof result.problem - 1);
  return result;
}

void the_last_line_says_how_it_went(void**) {
  const Read good = read("a\nb\nok\n");
  assert_int_equal(good.code, epsilond::agent::kExitFine);
  assert_int_equal(good.lines, 2);
  assert_string_equal(good.verdict, "");
  assert_string_equal(read("ok muted until noon\n").verdict, "muted until noon");
}

void an_error_has_a_code_and_a_reason(void**) {
  assert_string_equal(read("a\nerror not-found no such episode\n").problem, "no such episode");
  assert_int_equal(read("error not-found x\n").code, epsilond::agent::kExitNoInput);
  assert_int_equal(read("error invalid x\n").code, epsilond::agent::kExitUsage);
  assert_int_equal(read("error unsupported x\n").code, epsilond::agent::kExitUnavailable);
  assert_int_equal(read("error busy x\n").code, epsilond::agent::kExitUnavailable);
  assert_int_equal(read("error something-new\n").code, epsilond::agent::kExitUnavailable);
}

void an_answer_that_broke_off_is_not_taken_for_a_whole_one(void**) {
  for (const char* text : {"", "a\n", "a\no", "a\nok", "okay\n", "\n", "a\nerror"}) {
    const Read cut = read(text);
    assert_int_equal(cut.code, epsilond::agent::kExitUnavailable);
    assert_string_equal(cut.problem, "the answer of the agent broke off");
  }
}

bool pads(std::string_view text, std::size_t width, bool right, std::string_view expected) {
  return padded(text, width, right) == expected;
}

void padding_counts_characters_not_bytes(void**) {
  assert_true(pads("a", 3, false, "a  "));
  assert_true(pads("a", 3, true, "  a"));
  assert_true(pads("\xc2\xb1", 3, false, "\xc2\xb1  "));
  assert_true(pads("long", 3, true, "long"));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(the_last_line_says_how_it_went),
    cmocka_unit_test(an_error_has_a_code_and_a_reason),
    cmocka_unit_test(an_answer_that_broke_off_is_not_taken_for_a_whole_one),
    cmocka_unit_test(padding_counts_characters_not_bytes),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
