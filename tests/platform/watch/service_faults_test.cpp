// Whatever system call goes wrong while a watched service is looked at: what it uses is absent or right, never the sum
// over a part of its processes, and one that runs is not said to be away.

#include <memory>
#include <string>
#include <utility>

#include "platform/kernel/process_table.h"
#include "platform/watch/service_reader.h"
#include "tests/platform/kernel/made_process.h"
#include "tests/support/fault_trial.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::done;
using epsilond::tests::FaultReport;
using epsilond::tests::Outcome;
using epsilond::tests::put;
using epsilond::tests::put_descriptors;
using epsilond::tests::put_io;
using epsilond::tests::put_memory;
using epsilond::tests::refused;
using epsilond::tests::TempTree;
using epsilond::tests::try_every_fault;
using epsilond::tests::wrong;

namespace {

struct Bench {
  TempTree tree;
  std::unique_ptr<ProcRoot> root;
  std::unique_ptr<ServiceReader> reader;
  std::chrono::seconds now{1000};
  TreeUsage right;
  std::uint32_t epoch = 0;

  void put_machine() {
    put(tree, {.pid = 1, .comm = "init", .parent = 0});
    put(tree, {.pid = 10, .comm = "server", .user_ticks = 500});
    put(tree, {.pid = 11, .comm = "worker", .parent = 10, .user_ticks = 300, .threads = 2});
    put(tree, {.pid = 20, .comm = "other"});
    for (const std::int32_t pid : {10, 11}) {
      put_io(tree, pid, 100 * pid, 10 * pid);
      put_memory(tree, pid, pid, 1);
      put_descriptors(tree, pid, 0, pid);
    }
    tree.write("run/server.pid", "10\n");
    const std::string group = "sys/fs/cgroup/a.slice/";
    tree.write(group + "cgroup.procs", "10\n");
    tree.write(group + "below/cgroup.procs", "11\n");
    tree.write(group + "memory.current", "4096000\n");
    tree.write(group + "memory.swap.current", "2048\n");
    tree.write(group + "pids.current", "3\n");
    tree.write(group + "cpu.stat", "usage_usec 9\nuser_usec 8000000\nsystem_usec 500000\n");
    tree.write(group + "io.stat", "8:0 rbytes=2100 wbytes=210 rios=1 wios=1 dbytes=0 dios=0\n");
  }
  Result<void> look() {
    now += std::chrono::seconds(1);
    const Result<void> found = reader->needs_passes() ? reader->find() : Result<void>();
    reader->tree().read_all_memory();
    reader->read(now);
    return found;
  }
  void begin(MatchKind kind, const char* text) {
    reader.reset();
    root.reset();
    Result<ProcRoot> made = ProcRoot::make(tree.path());
    if (!made) return;
    root = std::make_unique<ProcRoot>(std::move(*made));
    reader = std::make_unique<ServiceReader>(*root, ServiceMatch{kind, text}, tree.path(), thread_cpu_time);
    for (int i = 0; i < 3; ++i) static_cast<void>(look());
    right = reader->usage();
    epoch = reader->epoch();
  }
  // Of another epoch counters compare with nothing.
  bool compares(std::size_t field) const { return field < kFirstUsageCounter || reader->epoch() == epoch; }
  Outcome act() {
    const Result<void> found = look();
    const TreeUsage& usage = reader->usage();
    if (!reader->is_there()) return wrong("it is said to be away");
    std::size_t absent = 0;
    for (std::size_t i = 0; i < kUsageFieldCount; ++i) {
      const auto field = static_cast<UsageField>(i);
      if (usage.has(field) && compares(i) && usage.value(field) != right.value(field))
        return wrong("field " + std::to_string(i) + " is " + std::to_string(usage.value(field)) + ", not " +
                     std::to_string(right.value(field)));
      if (right.has(field) && !usage.has(field)) ++absent;
    }
    if (!found) return refused(found.error());
    if (absent > 0) return refused(std::to_string(absent) + " fields are absent");
    return reader->epoch() == epoch && reader->pid_file() ? done() : refused("another epoch");
  }
  Outcome again() {
    static_cast<void>(look());
    epoch = reader->epoch();
    const Outcome outcome = act();
    reader.reset();
    return outcome;
  }
  // The kernel writes each of these files in one go.
  FaultReport try_service(const char* name, MatchKind kind, const char* text) {
    return try_every_fault({.name = name,
                            .begin = [this, kind, text] { begin(kind, text); },
                            .act = [this] { return act(); },
                            .again = [this] { return again(); },
                            .tells_garbage = false,
                            .tells_an_end = false});
  }
};

int set_up(void** state) {
  auto* const bench = new Bench;
  *state = bench;
  bench->put_machine();
  return 0;
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void a_service_of_one_name_is_summed_whole_or_not(void** state) {
  assert_survived(get(state).try_service("service by name, one look", MatchKind::kComm, "server"));
}
void a_service_of_a_pid_file_is_summed_whole_or_not(void** state) {
  assert_survived(get(state).try_service("service by pid file, one look", MatchKind::kPidFile, "/run/server.pid"));
}
void a_service_of_a_group_is_summed_whole_or_not(void** state) {
  assert_survived(get(state).try_service("service by control group, one look", MatchKind::kCgroup, "a.slice"));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_service_of_one_name_is_summed_whole_or_not, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_service_of_a_pid_file_is_summed_whole_or_not, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_service_of_a_group_is_summed_whole_or_not, set_up, tear_down),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
