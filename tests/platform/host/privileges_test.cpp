// What root and its capabilities are given up for, each time in a process of its own, and what is handed over before.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "platform/host/privileges.h"
#include "tests/platform/host/fenced_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::in_a_process;
using epsilond::tests::left_with;
using Tree = epsilond::tests::FencedTree;

namespace {

constexpr uid_t kNobody = 65534;

Tree& get(void** state) { return *static_cast<Tree*>(*state); }

int setup(void** state) {
  auto* const tree = new Tree;
  *state = tree;
  tree->plant();
  return 0;
}

int teardown(void** state) {
  delete static_cast<Tree*>(*state);
  return 0;
}

// The number behind `name` in /proc/self/status, read as hexadecimal.
unsigned long long status_of(const char* name) {
  std::FILE* const file = std::fopen("/proc/self/status", "r");
  char line[256];
  unsigned long long value = ~0ULL;
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr)
    if (std::strncmp(line, name, std::strlen(name)) == 0) value = std::strtoull(line + std::strlen(name), nullptr, 16);
  if (file != nullptr) std::fclose(file);
  return value;
}

bool has_no_capability() {
  for (const char* name : {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"})
    if (status_of(name) != 0) return false;
  return true;
}

void nothing_is_left_of_the_capabilities_and_none_can_be_gained(void**) {
  assert_true(left_with(in_a_process([] {
                          const bool root = is_root();
                          const Privileges left = give_up_privileges(nullptr);
                          if (!left.without_capabilities || left.kept_tracing) return 1;
                          if (!has_no_capability() || status_of("NoNewPrivs:") != 1) return 2;
                          return root && status_of("CapBnd:") != 0 ? 3 : 0;
                        }),
                        0));
}

void root_becomes_the_account_and_cannot_go_back(void**) {
  if (!is_root()) skip();
  assert_true(left_with(in_a_process([] {
                          Account account;
                          account.groups[account.group_count++] = 4711;
                          if (!give_up_privileges(&account).changed_account) return 1;
                          if (::getuid() != kNobody || ::geteuid() != kNobody || ::getegid() != kNobody) return 2;
                          gid_t groups[4];
                          if (::getgroups(4, groups) != 1 || groups[0] != 4711) return 3;
                          if (!has_no_capability() || status_of("CapBnd:") != 0) return 4;
                          if (::setuid(0) == 0 || ::setgid(0) == 0) return 5;
                          return ::open("/etc/shadow", O_RDONLY) >= 0 ? 6 : 0;
                        }),
                        0));
}

long owner(Tree& tree, const char* path) {
  struct stat status {};
  return ::lstat(tree.at(path).c_str(), &status) == 0 ? static_cast<long>(status.st_uid) : -1L;
}

void hand_over_at(Tree& tree, const char* path) { hand_over(tree.at(path), "epsilond", 0, Account()); }

void a_directory_of_our_name_is_handed_over_and_made_if_need_be(void** state) {
  if (!is_root()) skip();
  Tree& tree = get(state);
  tree.all.write("var/epsilond/state", "x");
  tree.all.write("var/epsilond/state.open", "x");
  tree.all.write("var/epsilond/other", "x");
  hand_over_at(tree, "var/epsilond/state");
  assert_int_equal(owner(tree, "var/epsilond"), kNobody);
  assert_int_equal(owner(tree, "var/epsilond/state"), kNobody);
  assert_int_equal(owner(tree, "var/epsilond/state.open"), kNobody);
  assert_int_equal(owner(tree, "var/epsilond/other"), 0);
  hand_over_at(tree, "epsilond/control.sock");
  assert_int_equal(owner(tree, "epsilond"), kNobody);
  hand_over_at(tree, "run/epsilond/control.sock");
  assert_int_equal(owner(tree, "run"), -1);  // only the last part is made
}

void what_may_be_of_others_or_a_trap_is_not_handed_over(void** state) {
  if (!is_root()) skip();
  Tree& tree = get(state);
  tree.all.write("notepsilond/state", "x");
  hand_over_at(tree, "notepsilond/state");
  hand_over_at(tree, "own/state");
  assert_int_equal(owner(tree, "notepsilond"), 0);
  assert_int_equal(owner(tree, "own/state"), 0);
  tree.all.write("open/epsilond/state", "x");
  assert_int_equal(::chmod(tree.at("open/epsilond").c_str(), 0777), 0);
  hand_over_at(tree, "open/epsilond/state");
  assert_int_equal(owner(tree, "open/epsilond/state"), 0);
  assert_int_equal(::mkdir(tree.at("linked").c_str(), 0700), 0);
  assert_int_equal(::symlink(tree.at("other").c_str(), tree.at("linked/epsilond").c_str()), 0);
  hand_over_at(tree, "linked/epsilond/secret");
  assert_int_equal(owner(tree, "other"), 0);
  assert_int_equal(owner(tree, "other/secret"), 0);
}

// Whether nobody could work with this path; if not, whether the reason begins with it.
bool could_use(Tree& tree, const char* path, bool written) {
  const FilePath needed[] = {{"/proc", false}, {tree.at(path), written}};
  return static_cast<bool>(can_become(Account(), needed));
}

bool reason_names(Tree& tree, const char* path, bool written) {
  const FilePath needed[] = {{tree.at(path), written}, {"/nowhere/else", true}};
  return std::string_view(can_become(Account(), needed).error().context).starts_with(tree.at(path));
}

void an_account_that_could_not_work_is_told_by_what(void** state) {
  if (!is_root()) skip();
  Tree& tree = get(state);  // it is closed to others
  assert_false(could_use(tree, "own", true));
  assert_false(could_use(tree, "readable/config", false));
  assert_false(could_use(tree, "/nowhere/at/all", true));
  assert_true(reason_names(tree, "own", true));
  assert_true(could_use(tree, "/nowhere/at/all", false));
  assert_true(could_use(tree, "/tmp", true));
  assert_int_equal(::geteuid(), 0);
  assert_int_equal(::getegid(), 0);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(nothing_is_left_of_the_capabilities_and_none_can_be_gained),
    cmocka_unit_test(root_becomes_the_account_and_cannot_go_back),
    cmocka_unit_test_setup_teardown(a_directory_of_our_name_is_handed_over_and_made_if_need_be, setup, teardown),
    cmocka_unit_test_setup_teardown(what_may_be_of_others_or_a_trap_is_not_handed_over, setup, teardown),
    cmocka_unit_test_setup_teardown(an_account_that_could_not_work_is_told_by_what, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
