// What is left to an agent that no configuration names, tried in a process of its own.

#include "agent/confinement.h"

#include <fcntl.h>

#include "agent/outputs/schedule.h"
#include "tests/platform/host/fenced_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::Config;
using epsilond::agent::Confinement;
using epsilond::agent::kMachineIdPath;
using epsilond::agent::Options;
using epsilond::tests::in_a_process;
using epsilond::tests::left_with;

namespace {

constexpr int kUnfenced = 200;  // this kernel, or this emulator, has no Landlock

bool can_read(const char* path) { return ::open(path, O_RDONLY | O_CLOEXEC) >= 0; }

// The status of a confined process that did this. As user = root, so that nothing of this machine is given to another
// account.
int confined(int (*what)()) {
  return in_a_process([what] {
    Config config;
    config.user = "root";
    config.state_path.clear();
    config.control_path.clear();
    Confinement confinement;
    if (confinement.enter(Options(), config) != 0) return 1;
    if (can_read("/etc/passwd")) return kUnfenced;
    return what();
  });
}

// Otherwise the numbers of a fleet go out at other moments after a reload than before it.
void a_reload_knows_the_machine_as_the_start_did(void**) {
  if (!can_read(kMachineIdPath)) skip();
  const int status = confined([] { return can_read(kMachineIdPath) ? 0 : 1; });
  if (left_with(status, kUnfenced)) skip();
  assert_true(left_with(status, 0));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_reload_knows_the_machine_as_the_start_did),
};
EPSILOND_TEST_MAIN(kTests)
