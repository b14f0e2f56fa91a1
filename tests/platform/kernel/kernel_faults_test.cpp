// Whatever system call goes wrong while the kernel's files are read: a field is absent or it is what the file says, and
// the pass behind it has all of them again.

#include <string>

#include "tests/platform/kernel/kernel_test_state.h"
#include "tests/support/fault_trial.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::done;
using epsilond::tests::FaultReport;
using epsilond::tests::Outcome;
using epsilond::tests::refused;
using epsilond::tests::SourceState;
using epsilond::tests::try_every_fault;
using epsilond::tests::wrong;

namespace {

struct Bench : SourceState {
  HostSample right;

  // What process 1 has of the network is the machine's; what we have ourselves is another.
  void put_machine() {
    use("idle/1");
    for (const char* name : {"net/dev", "net/sockstat", "net/sockstat6", "net/snmp"}) {
      tree.write(std::string("proc/1/") + name, epsilond::tests::TempTree::content_of(tree.path() + "/proc/" + name));
      tree.write(std::string("proc/") + name,
                 epsilond::tests::TempTree::content_of(epsilond::tests::fixture("busy/1/proc/") + name));
    }
    tree.add_process(70001, 'Z');
    tree.add_process(70002, 'D');
  }
  void begin() {
    source.reset();
    read();  // a zombie counts when a second pass has seen it
    read();
    right = sample;
  }
  Outcome judge(const Result<void>& outcome) const {
    if (!outcome) return refused(outcome.error());
    std::size_t absent = 0;
    for (std::size_t i = 0; i < kSampleFieldCount; ++i) {
      const auto field = static_cast<SampleField>(i);
      if (!sample.has(field))
        ++absent;
      else if (sample.value(field) != right.value(field))
        return wrong("field " + std::to_string(i) + " is " + std::to_string(sample.value(field)) + ", not " +
                     std::to_string(right.value(field)));
    }
    return absent == 0 ? done() : refused(std::to_string(absent) + " fields are absent");
  }
  Outcome act() { return judge(source->read(sample)); }
  // What is counted of devices is absent once more where other devices were seen meanwhile.
  Outcome again() {
    const Outcome once = act();
    const Outcome twice = act();
    source.reset();
    return once.kind == Outcome::Kind::kWrong ? once : twice;
  }
  FaultReport try_pass() {
    return try_every_fault({.name = "kernel's files and processes, one pass",
                            .begin = [this] { begin(); },
                            .act = [this] { return act(); },
                            .again = [this] { return again(); }});
  }
};

int set_up(void** state) {
  auto* const bench = new Bench;
  *state = bench;
  bench->put_machine();
  bench->begin();
  return bench->right.present_count() == kSampleFieldCount ? 0 : -1;
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void a_pass_gives_what_the_files_say_or_nothing(void** state) { assert_survived(get(state).try_pass()); }

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_pass_gives_what_the_files_say_or_nothing, set_up, tear_down),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
