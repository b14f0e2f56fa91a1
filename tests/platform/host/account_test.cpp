// Accounts out of the text of passwd(5) and group(5).

#include <string>

#include "platform/host/account.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;

namespace {

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "# a comment: of somebody\n"
    "broken:x:seven:7::/:/bin/false\n"
    "broken:x:8:\n"
    "epsilondx:x:1:1::/:/bin/false\n"
    "epsilond:x:996:995:epsilond, the agent:/var/lib/epsilond:/usr/sbin/nologin\n"
    "epsilond:x:1:1::/:/bin/false\n"
    "late:x:7:8::/:/bin/false\n"
    "wide:x:4294967295:1::/:\n"
    "huge:x:4294967296:1::/:\n"
    "signed:x:-1:1::/:\n"
    "last:x:4294967294:5";

std::int64_t uid_of(std::string_view name) {
  const std::optional<Account> account = find_account(kPasswd, name);
  return account ? static_cast<std::int64_t>(account->uid) : -1;
}

void an_account_is_found_by_its_whole_name_and_the_first_line_counts(void**) {
  const std::optional<Account> account = find_account(kPasswd, "epsilond");
  assert_true(account.has_value());
  assert_int_equal(account->uid, 996);
  assert_int_equal(account->gid, 995);
  assert_int_equal(account->group_count, 0);
  assert_int_equal(uid_of("root"), 0);
  assert_int_equal(uid_of("late"), 7);
  assert_int_equal(uid_of("last"), 4294967294);
}

void what_is_no_account_is_not_found(void**) {
  for (const char* name : {"", "nobody", "epsilon", "broken", "wide", "huge", "signed", "# a comment", "x"})
    assert_int_equal(uid_of(name), -1);
  assert_false(find_account("", "root").has_value());
  assert_false(find_account("\n\n:::\n", "").has_value());
}

void further_groups_are_those_that_name_the_account_as_a_member(void**) {
  Account account;
  add_groups(
      "proc:x:30:epsilond\nadm:x:4:syslog,epsilond\nepsilond:x:995:\nusers:x:100:epsilondx,xepsilond\n"
      "bad:x:no:epsilond\nutmp:x:43:a,epsilond,b",
      "epsilond", account);
  assert_int_equal(account.group_count, 3);
  assert_int_equal(account.groups[0], 30);
  assert_int_equal(account.groups[1], 4);
  assert_int_equal(account.groups[2], 43);
}

void no_more_groups_are_taken_than_there_is_room_for(void**) {
  Account account;
  for (int i = 0; i < 3; ++i)
    add_groups("a:x:1:e\nb:x:2:e\nc:x:3:e\nd:x:4:e\ne:x:5:e\nf:x:6:e\ng:x:7:e\n", "e", account);
  assert_int_equal(account.group_count, kMostGroups);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(an_account_is_found_by_its_whole_name_and_the_first_line_counts),
    cmocka_unit_test(what_is_no_account_is_not_found),
    cmocka_unit_test(further_groups_are_those_that_name_the_account_as_a_member),
    cmocka_unit_test(no_more_groups_are_taken_than_there_is_room_for),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
