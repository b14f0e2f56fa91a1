// Whatever system call goes wrong while processes are looked at: a count is absent or right, and what a process has of
// its own is told whole or not at all.

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "platform/kernel/process_files.h"
#include "platform/kernel/process_table.h"
#include "tests/platform/kernel/kernel_test_state.h"
#include "tests/platform/kernel/made_process.h"
#include "tests/platform/kernel/opened_proc.h"
#include "tests/support/fault_trial.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::done;
using epsilond::tests::FaultReport;
using epsilond::tests::kNoDeadline;
using epsilond::tests::OpenedProc;
using epsilond::tests::Outcome;
using epsilond::tests::put_descriptors;
using epsilond::tests::put_io;
using epsilond::tests::refused;
using epsilond::tests::ticking_cpu_clock;
using epsilond::tests::try_every_fault;
using epsilond::tests::wrong;

namespace {

constexpr std::int32_t kPid = 700;

struct Bench : OpenedProc<ProcessFiles> {
  std::unique_ptr<ProcessTable> table;

  void begin_scan() {
    table = std::make_unique<ProcessTable>(*root, ticking_cpu_clock);
    static_cast<void>(table->scan(kNoDeadline));  // a zombie counts when a second pass has seen it
  }
  Outcome scan() {
    const Result<void> outcome = table->scan(kNoDeadline);
    const ProcessCounts& counts = table->counts();
    if (counts.processes.value_or(4) != 4) return wrong("another number of processes");
    if (counts.zombies.value_or(1) != 1) return wrong("another number of zombies");
    if (counts.blocked.value_or(1) != 1) return wrong("another number of blocked processes");
    if (!outcome) return refused(outcome.error());
    if (!counts.processes || !counts.blocked) return wrong("a count is absent and nobody told");
    return counts.zombies ? done() : refused("no zombie is known yet");
  }
  // A pass that found nothing knows no zombie that the one behind it could see again.
  Outcome scan_again() {
    const Outcome once = scan();
    const Outcome twice = scan();
    table.reset();
    return once.kind == Outcome::Kind::kWrong ? once : twice;
  }
  FaultReport try_scan() {
    return try_every_fault({.name = "processes, one scan",
                            .begin = [this] { begin_scan(); },
                            .act = [this] { return scan(); },
                            .again = [this] { return scan_again(); }});
  }

  // A file system gives what is empty of its own: of the list of open files too early an end cannot be known.
  Outcome look() const {
    const std::optional<PidIo> io = reader->io(kPid);
    if (io && (io->read_bytes != 1234 || io->written_bytes != 5678)) return wrong("other bytes");
    const std::optional<std::uint32_t> descriptors = reader->descriptors(kPid);
    if (descriptors.value_or(7) != 7) return wrong("another number of descriptors");
    const std::optional<std::uint32_t> uid = reader->uid(kPid);
    if (uid.value_or(::geteuid()) != ::geteuid()) return wrong("another user");
    const UnitName unit = reader->unit(kPid);
    if (!unit.empty() && unit.view() != "nginx.service") return wrong("another unit");
    return io && descriptors && uid && !unit.empty() ? done() : refused("something is absent");
  }
  FaultReport try_look() {
    return try_every_fault({.name = "one process, what it has",
                            .begin = [] {},
                            .act = [this] { return look(); },
                            .again = [this] { return look(); }});
  }

  Outcome list() const {
    PidList pids(*root);
    std::size_t count = 0;
    while (pids.next()) ++count;
    if (pids.is_whole()) return count == 4 ? done() : wrong("a part of the list is told to be all");
    return refused("the list broke off");
  }
  FaultReport try_list() {
    return try_every_fault({.name = "processes, list",
                            .begin = [] {},
                            .act = [this] { return list(); },
                            .again = [this] { return list(); }});
  }
};

int set_up(void** state) {
  auto* const bench = new Bench;
  *state = bench;
  bench->tree.add_process(1);
  bench->tree.add_process(kPid);
  bench->tree.add_process(kPid + 1, 'Z');
  bench->tree.add_process(kPid + 2, 'D');
  put_io(bench->tree, kPid, 1234, 5678);
  put_descriptors(bench->tree, kPid, 0, 6);
  bench->tree.write("proc/700/cgroup", "0::/system.slice/nginx.service\n");
  bench->open(bench->tree.path());
  return bench->reader ? 0 : -1;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void a_scan_counts_all_or_says_what_it_cannot(void** state) { assert_survived(get(state).try_scan()); }
void a_process_is_told_of_rightly_or_not(void** state) { assert_survived(get(state).try_look()); }
void a_list_that_broke_off_says_so(void** state) { assert_survived(get(state).try_list()); }

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_scan_counts_all_or_says_what_it_cannot, set_up, epsilond::tests::drop<Bench>),
    cmocka_unit_test_setup_teardown(a_process_is_told_of_rightly_or_not, set_up, epsilond::tests::drop<Bench>),
    cmocka_unit_test_setup_teardown(a_list_that_broke_off_says_so, set_up, epsilond::tests::drop<Bench>),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
