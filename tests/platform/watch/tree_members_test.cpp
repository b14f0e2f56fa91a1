#include "platform/watch/tree_members.h"

#include <initializer_list>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::Sighting;
using epsilond::platform::TreeMember;
using epsilond::platform::TreeMembers;

namespace {

constexpr std::int32_t kRoot = 100;

// A tree that hangs from process 100, of which processor time is looked at.
struct State {
  TreeMembers members{true};

  void pass(std::initializer_list<Sighting> seen) {
    for (const Sighting& one : seen) members.saw(one, one.pid == kRoot);
    members.end_pass();
  }
  void used(std::int32_t pid, std::uint64_t ticks) {
    TreeMember* const member = members.find(pid);
    member->read = true;
    member->now[0] = ticks;
  }
  bool has(std::int32_t pid) { return members.find(pid) != nullptr; }
  std::size_t size() { return members.all().size(); }
  std::uint64_t settle(std::uint64_t newborn_ticks = 0) {
    members.settle(newborn_ticks);
    return members.totals()[0];
  }
};

int set_up(void** state) {
  *state = new State;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void whoever_descends_from_the_root_belongs_to_the_tree(void** state) {
  State& test = state_of(state);
  test.pass({{1, 0, 1}, {100, 1, 5}, {101, 100, 6}, {102, 101, 7}, {103, 1, 8}, {104, 103, 9}});
  assert_int_equal(test.size(), 3);
  assert_true(test.has(100) && test.has(101) && test.has(102));
}

// Numbers begin anew at the highest: then a child is listed before its parent.
void children_that_are_listed_first_belong_to_the_tree_too(void** state) {
  State& test = state_of(state);
  test.pass({{1, 0, 1}, {50, 90, 9}, {60, 50, 10}, {90, 30000, 8}, {100, 1, 5}, {30000, 100, 7}, {30001, 1, 7}});
  assert_int_equal(test.size(), 5);
  assert_true(test.has(50) && test.has(60) && test.has(90) && test.has(30000));
}

void who_is_listed_twice_is_counted_once(void** state) {
  State& test = state_of(state);
  for (const std::int32_t pid : {7, 5, 7, 5, 9}) test.members.saw({pid, 1, 3}, true);
  test.members.end_pass();
  assert_int_equal(test.size(), 3);
}

void what_a_parent_inherits_is_not_counted_again(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}, {101, 100, 6}});
  test.used(100, 10);
  test.used(101, 50);
  assert_int_equal(test.settle(), 60);
  test.pass({{100, 1, 5}});
  test.used(100, 63);  // the 50, 2 that the child used before it ended, and 1 of its own
  assert_int_equal(test.settle(), 63);
}

void what_a_grandparent_inherits_is_not_counted_again(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}, {101, 100, 6}, {102, 101, 7}});
  test.used(100, 1);
  test.used(101, 20);
  test.used(102, 300);
  assert_int_equal(test.settle(), 321);
  test.pass({{100, 1, 5}});
  test.used(100, 321);
  assert_int_equal(test.settle(), 321);
}

void a_child_that_ends_after_its_parent_was_read_is_not_counted_again(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}, {101, 100, 6}});
  test.used(100, 10);
  test.used(101, 50);
  assert_int_equal(test.settle(), 60);
  test.used(100, 14);
  test.members.find(101)->gone = true;
  assert_in_range(test.settle(), 60, 64);
  assert_int_equal(test.size(), 1);
  test.used(100, 67);  // 17 of its own
  assert_int_equal(test.settle(), 67);
}

void a_parent_that_never_waits_keeps_what_was_seen_of_its_child(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}, {101, 100, 6}});
  test.used(100, 10);
  test.used(101, 50);
  assert_int_equal(test.settle(), 60);
  test.pass({{100, 1, 5}});
  for (const std::uint64_t ticks : {10U, 11U}) {
    test.used(100, ticks);
    assert_int_equal(test.settle(), 60);
  }
  test.used(100, 31);
  assert_int_equal(test.settle(), 80);
}

void an_orphan_leaves_without_a_trace(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}, {101, 100, 6}, {102, 101, 7}});
  for (const std::int32_t pid : {100, 101, 102}) test.used(pid, 10);
  assert_int_equal(test.settle(), 30);
  test.pass({{100, 1, 5}, {102, 1, 7}});
  test.used(100, 25);  // 10 inherited from 101, which ended; 5 of its own
  assert_int_equal(test.settle(), 35);
  assert_false(test.has(102));
}

void who_comes_into_the_tree_late_brings_no_past(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}, {101, 100, 6}});
  test.used(100, 10);
  test.used(101, 7000);
  assert_int_equal(test.settle(6), 7000);
  test.used(100, 13);
  test.used(101, 7001);
  assert_int_equal(test.settle(6), 7004);
}

void a_number_that_is_used_again_is_another_process(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}});
  test.used(100, 1000);
  assert_int_equal(test.settle(), 1000);
  test.pass({{100, 1, 90}});
  test.used(100, 3);
  assert_int_equal(test.settle(), 1003);
}

void when_all_have_ended_the_total_stays(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}});
  test.used(100, 1000);
  assert_int_equal(test.settle(), 1000);
  test.members.end_pass();
  assert_int_equal(test.size(), 0);
  assert_int_equal(test.settle(), 1000);
}

void a_pass_that_breaks_off_changes_nothing(void** state) {
  State& test = state_of(state);
  test.pass({{100, 1, 5}, {101, 100, 6}});
  test.members.saw({100, 1, 5}, true);
  test.members.drop_pass();
  assert_int_equal(test.size(), 2);
  test.pass({{100, 1, 5}, {101, 100, 6}});
  assert_int_equal(test.size(), 2);
}

void those_beyond_the_bound_are_left_out_and_it_says_so(void** state) {
  State& test = state_of(state);
  constexpr auto kMost = static_cast<std::int32_t>(TreeMembers::kMost);
  for (std::int32_t pid = 1; pid <= kMost; ++pid) test.members.saw({pid, 1, 1}, true);
  test.members.end_pass();
  assert_false(test.members.overflowed());
  for (std::int32_t pid = 1; pid <= kMost + 1; ++pid) test.members.saw({pid, 1, 1}, true);
  test.members.end_pass();
  assert_true(test.members.overflowed());
  assert_int_equal(test.size(), kMost);
  test.members.end_pass();
  assert_false(test.members.overflowed());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(whoever_descends_from_the_root_belongs_to_the_tree, set_up, tear_down),
    cmocka_unit_test_setup_teardown(children_that_are_listed_first_belong_to_the_tree_too, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_is_listed_twice_is_counted_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_a_parent_inherits_is_not_counted_again, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_a_grandparent_inherits_is_not_counted_again, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_child_that_ends_after_its_parent_was_read_is_not_counted_again, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_parent_that_never_waits_keeps_what_was_seen_of_its_child, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_orphan_leaves_without_a_trace, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_comes_into_the_tree_late_brings_no_past, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_number_that_is_used_again_is_another_process, set_up, tear_down),
    cmocka_unit_test_setup_teardown(when_all_have_ended_the_total_stays, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_pass_that_breaks_off_changes_nothing, set_up, tear_down),
    cmocka_unit_test_setup_teardown(those_beyond_the_bound_are_left_out_and_it_says_so, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
