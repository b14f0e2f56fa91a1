#include "platform/kernel/proc/pid_stat.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_pid_stat;
using epsilond::platform::PidStat;
using epsilond::platform::Result;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

#define REST " 7444 7444 3222 0 -1 4194304 115 0 0 0 11 22 33 44 20 0 3 0 106260 3133440 380 1844 0\n"

bool has_comm(const Result<PidStat>& stat, std::string_view comm) { return stat && stat->comm == comm; }

void the_fields_of_the_manual_page_are_read(void**) {
  const Result<PidStat> stat = parse_pid_stat("7485 (cat) R" REST);
  assert_true(has_comm(stat, "cat"));
  assert_int_equal(stat->pid, 7485);
  assert_int_equal(stat->state, 'R');
  assert_int_equal(stat->parent_pid, 7444);
  assert_int_equal(stat->user_ticks, 11);
  assert_int_equal(stat->system_ticks, 22);
  assert_int_equal(stat->children_ticks, 77);
  assert_int_equal(stat->threads, 3);
  assert_int_equal(stat->start_ticks, 106260);
  assert_int_equal(stat->resident_pages, 380);
}

void the_name_ends_at_the_last_parenthesis(void**) {
  assert_true(has_comm(parse_pid_stat("1 (a) (b) S" REST), "a) (b"));
  assert_true(has_comm(parse_pid_stat("1 () Z 1 1 1) S" REST), ") Z 1 1 1"));
  assert_true(has_comm(parse_pid_stat("1 () S" REST), ""));
  assert_int_equal(parse_pid_stat("1 () Z 1 1 1) S" REST)->state, 'S');
}

void the_name_may_hold_any_byte(void**) {
  assert_true(has_comm(parse_pid_stat("1 (new\nline) S" REST), "new\nline"));
  assert_true(has_comm(parse_pid_stat("1 (\xff\xc3\x01) S" REST), "\xff\xc3\x01"));
}

void a_line_cut_after_the_resident_pages_is_read(void**) {
  constexpr std::string_view kLine = "1 (a) S 1 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 9 4096 10 18446744073709551615\n";
  assert_survives_cuts(parse_pid_stat, kLine,
                       [](std::string_view cut) { return cut.find(" 10 ") != std::string_view::npos; });
  assert_true(static_cast<bool>(parse_pid_stat(kLine.substr(0, kLine.size() - 5))));
}

void malformed_lines_are_refused(void**) {
  assert_refuses(parse_pid_stat, "pid stat",
                 {"", "\n", "1", "1 (a", "(a) S" REST, "x (a) S" REST, "0 (a) S" REST, "-1 (a) S" REST,
                  "99999999999 (a) S" REST, "1 (a) " REST, "1 (a) SS" REST, "1 a) S" REST, "1 (a S" REST,
                  "1 (a) S x 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 9 4096 10 0\n",
                  "1 (a) S 1 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 -1 0 9 4096 10 0\n",
                  "1 (a) S 1 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 4294967296 0 9 4096 10 0\n"});
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_fields_of_the_manual_page_are_read),
    cmocka_unit_test(the_name_ends_at_the_last_parenthesis),
    cmocka_unit_test(the_name_may_hold_any_byte),
    cmocka_unit_test(a_line_cut_after_the_resident_pages_is_read),
    cmocka_unit_test(malformed_lines_are_refused),
};
EPSILOND_TEST_MAIN(kTests)
