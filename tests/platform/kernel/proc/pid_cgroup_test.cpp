#include "platform/kernel/proc/pid_cgroup.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::parse_pid_cgroup;

namespace {

void is(std::string_view text, std::string_view unit) {
  const std::string_view found = parse_pid_cgroup(text);
  if (found != unit)
    fail_msg("\"%.*s\" in place of \"%.*s\"", static_cast<int>(found.size()), found.data(),
             static_cast<int>(unit.size()), unit.data());
}

void a_service_is_called_by_its_unit(void**) {
  is("0::/system.slice/nginx.service\n", "nginx.service");
  is("0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service");
  is("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope");
}

void the_innermost_unit_counts(void**) {
  is("0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope\n", "run-r1.scope");
  is("0::/system.slice/docker.service/inner/workers\n", "docker.service");
}

void a_group_without_a_unit_is_called_by_its_last_part(void**) {
  is("0::/docker/3f2a1b\n", "3f2a1b");
  is("0::/system.slice\n", "system.slice");
}

void the_root_group_has_no_name(void**) {
  is("0::/\n", "");
  is("0::/../..\n", "");
  is("", "");
}

void a_group_that_is_gone_keeps_its_name(void**) { is("0::/system.slice/a.service (deleted)\n", "a.service"); }

void with_several_hierarchies_the_unified_one_counts_then_that_of_systemd(void**) {
  is("9:memory:/m.scope\n1:name=systemd:/s.service\n0::/u.service\n", "u.service");
  is("9:memory:/m.scope\n1:name=systemd:/s.service\n0::/\n", "s.service");
  is("9:memory:/m.scope\n8:pids:/p.scope\n1:name=systemd:/\n0::/\n", "m.scope");
}

void a_path_may_hold_colons(void**) { is("4:cpu,cpuacct:/a:b.service\n", "a:b.service"); }

void text_that_makes_no_sense_has_no_name(void**) {
  is("garbage\n", "");
  is("0:\n::\n:\n", "");
  is("0::", "");
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_service_is_called_by_its_unit),
    cmocka_unit_test(the_innermost_unit_counts),
    cmocka_unit_test(a_group_without_a_unit_is_called_by_its_last_part),
    cmocka_unit_test(the_root_group_has_no_name),
    cmocka_unit_test(a_group_that_is_gone_keeps_its_name),
    cmocka_unit_test(with_several_hierarchies_the_unified_one_counts_then_that_of_systemd),
    cmocka_unit_test(a_path_may_hold_colons),
    cmocka_unit_test(text_that_makes_no_sense_has_no_name),
};
EPSILOND_TEST_MAIN(kTests)
