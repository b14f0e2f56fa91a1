#include "agent/control/run_summary.h"

#include <algorithm>
#include <string>

#include "agent/control/run_name.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::run_name;
using epsilond::agent::run_summary_json;
using epsilond::agent::run_summary_text;
using epsilond::agent::RunTotals;
using epsilond::platform::CommandEnd;
using epsilond::platform::UsageField;

namespace {

RunTotals some_totals() {
  RunTotals totals;
  totals.wall_s = 6.034;
  totals.samples = 7;
  totals.usage.set(UsageField::kUserSeconds, 5.5);
  totals.usage.set(UsageField::kSystemSeconds, 0.25);
  totals.peak_rss_bytes = 540e6;
  totals.processes_at_most = 3;
  return totals;
}

struct Text {
  char bytes[600] = "";
};

Text keep(const std::string& text) {
  Text kept;
  kept.bytes[text.copy(kept.bytes, std::min(text.size(), sizeof kept.bytes - 1))] = '\0';
  return kept;
}

void the_sentence_says_what_became_of_the_command(void**) {
  const Text text = keep(run_summary_text("/usr/bin/stress-ng", {.status = 3}, some_totals()));
  assert_string_equal(text.bytes,
                      "stress-ng ended with 3 after 6.03 s: memory at most 540 MB, CPU 5.75 s (user 5.50 s, system "
                      "0.25 s), 7 samples, 0 episodes");
}

void what_is_known_besides_is_said_too(void**) {
  RunTotals totals = some_totals();
  totals.peak_process_rss_bytes = 530e6;
  totals.usage.set(UsageField::kReadBytes, 2e6);
  totals.usage.set(UsageField::kWriteBytes, 1000.0);
  totals.processes_left = 1;
  totals.episodes = 1;
  const Text text = keep(run_summary_text("x", {.status = 137, .signal = 9}, totals));
  assert_non_null(std::strstr(text.bytes, "x ended with 137 (signal 9) after"));
  assert_non_null(std::strstr(text.bytes, "540 MB (530 MB in one process)"));
  assert_non_null(std::strstr(text.bytes, "disk 2 MB read"));
  assert_non_null(std::strstr(text.bytes, "1 episode, 1 process of it goes on"));
}

void what_is_not_known_is_not_zero(void**) {
  RunTotals totals = some_totals();
  totals.peak_rss_bytes = 0.0;
  assert_non_null(std::strstr(keep(run_summary_text("x", {}, totals)).bytes, "memory not known, CPU"));
  assert_null(std::strstr(keep(run_summary_json("x", {}, totals)).bytes, "peak_rss_bytes"));
}

void the_line_has_what_is_known_and_no_more(void**) {
  const Text text = keep(run_summary_json("a\"b", {.status = 0}, some_totals()));
  assert_string_equal(text.bytes,
                      "{\"v\":1,\"event\":\"summary\",\"command\":\"a\\\"b\",\"exit\":0,\"seconds\":6.034,\"samples\":7,"
                      "\"episodes\":0,\"peak_rss_bytes\":5.4e+08,\"user_s\":5.5,\"system_s\":0.25,"
                      "\"processes_at_most\":3,\"processes_left\":0}\n");
}

void a_command_is_called_by_its_last_part(void**) {
  assert_string_equal(keep(run_name("/usr/bin/stress-ng")).bytes, "stress-ng");
  assert_string_equal(keep(run_name("python3.11")).bytes, "python3_11");
  assert_string_equal(keep(run_name("./a-rather-long-name-of-a-program")).bytes, "a-rather-long-n");
  assert_string_equal(keep(run_name("bin/")).bytes, "bin_");
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_sentence_says_what_became_of_the_command),
    cmocka_unit_test(what_is_known_besides_is_said_too),
    cmocka_unit_test(what_is_not_known_is_not_zero),
    cmocka_unit_test(the_line_has_what_is_known_and_no_more),
    cmocka_unit_test(a_command_is_called_by_its_last_part),
};
EPSILOND_TEST_MAIN(kTests)
