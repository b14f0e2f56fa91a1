#include "platform/kernel/statgrab_source.h"

#include <cmath>
#include <memory>

#include "tests/platform/kernel/fake_statgrab.h"
#include "tests/platform/kernel/kernel_test_state.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::Error;
using epsilond::platform::ErrorCode;
using epsilond::platform::HostSample;
using epsilond::platform::HostSource;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::platform::SampleField;
using epsilond::platform::SourcePart;
using epsilond::platform::StatgrabSession;
using epsilond::platform::StatgrabSource;
using epsilond::tests::fake_statgrab;
using epsilond::tests::FakeStatgrab;
using epsilond::tests::SourceState;
using epsilond::tests::StandingClock;

namespace {

// The library as it would answer on the host of the fixture idle/1. Disks and interfaces bear names that no machine has
// in its sys directory, so that the names alone decide.
void answer_as_on_the_idle_host() {
  fake_statgrab = FakeStatgrab{};
  fake_statgrab.load = {0.21, 0.11, 0.04, 0};
  fake_statgrab.memory.total = 24684084ULL * 1024;
  fake_statgrab.memory.used = 1000;
  fake_statgrab.swap.used = (2097148ULL - 2096124ULL) * 1024;
  fake_statgrab.cpu.user = 2811;
  fake_statgrab.cpu.nice = 3;
  fake_statgrab.cpu.kernel = 2639;
  fake_statgrab.cpu.idle = 205786;
  fake_statgrab.cpu.iowait = 637;
  fake_statgrab.cpu.context_switches = 373844;
  fake_statgrab.cpu.interrupts = 189056;
  fake_statgrab.add_disk("loop0", 1, 1);
  fake_statgrab.add_disk("fakedisk", 3388642ULL * 512, 1454936ULL * 512);
  fake_statgrab.add_disk("fakedisk1", 5, 5);
  fake_statgrab.add_disk("dm-0", 7, 7);
  fake_statgrab.add_interface("lo", 3267, 3267);
  fake_statgrab.add_interface("fakeeth", 22959056, 34099);
  fake_statgrab.add_interface("docker0", 1200, 1300);
  fake_statgrab.interfaces[1].ipackets = 619;
  fake_statgrab.interfaces[1].opackets = 396;
  fake_statgrab.processes.total = 5;
  fake_statgrab.processes.running = 1;
}

struct State {
  StandingClock clock;
  SourceState procfs;
  std::unique_ptr<HostSource> statgrab;
  HostSample sample;

  bool read() { return statgrab && static_cast<bool>(statgrab->read(sample)); }
};

int set_up(void** state) {
  answer_as_on_the_idle_host();
  auto* const made = new State;
  if (Result<ProcRoot> root = ProcRoot::make("")) {
    if (Result<std::unique_ptr<StatgrabSource>> source = StatgrabSource::make(std::move(*root), made->clock))
      made->statgrab = std::move(*source);
  }
  *state = made;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

// The contract: what both sources offer, they say alike of the same host.
void assert_idle_host(const HostSample& sample) {
  const auto field = [&sample](SampleField which) { return sample.has(which) ? sample.value(which) : -1.0; };
  assert_true(sample.taken_monotonic == std::chrono::seconds(4711));
  assert_near(field(SampleField::kLoad1Min), 0.21, 0, 0);
  assert_near(field(SampleField::kLoad5Min), 0.11, 0, 0);
  assert_near(field(SampleField::kLoad15Min), 0.04, 0, 0);
  assert_near(field(SampleField::kMemTotalBytes), 24684084.0 * 1024, 0, 0);
  assert_near(field(SampleField::kSwapUsedBytes), 1024.0 * 1024, 0, 0);
  assert_near(field(SampleField::kCpuUserTicks), 2814, 0, 0);
  assert_near(field(SampleField::kCpuSystemTicks), 2639, 0, 0);
  assert_near(field(SampleField::kCpuIowaitTicks), 637, 0, 0);
  assert_near(field(SampleField::kContextSwitches), 373844, 0, 0);
  assert_near(field(SampleField::kInterrupts), 189056, 0, 0);
  assert_near(field(SampleField::kDiskReadBytes), 3388642.0 * 512, 0, 0);
  assert_near(field(SampleField::kDiskWriteBytes), 1454936.0 * 512, 0, 0);
  assert_near(field(SampleField::kNetRxBytes), 22959056, 0, 0);
  assert_near(field(SampleField::kNetTxBytes), 34099, 0, 0);
  assert_near(field(SampleField::kNetRxPackets), 619, 0, 0);
  assert_near(field(SampleField::kNetTxPackets), 396, 0, 0);
  assert_near(field(SampleField::kProcesses), 5, 0, 0);
  assert_near(field(SampleField::kZombies), 0, 0, 0);
}

void statgrab_keeps_the_contract(void** state) {
  assert_true(state_of(state).read());
  assert_idle_host(state_of(state).sample);
}

void procfs_keeps_the_contract(void** state) {
  state_of(state).procfs.read_fixture("idle/1");
  assert_idle_host(state_of(state).procfs.sample);
}

void every_part_is_well_and_named_after_the_library(void** state) {
  assert_true(state_of(state).read());
  for (const SourcePart& part : state_of(state).statgrab->parts()) {
    if (!part.ok) fail_msg("%s: %s", part.name.data(), part.error.context.c_str());
    assert_true(part.name.starts_with("libstatgrab "));
  }
}

void each_part_alone_gives_what_it_tells_and_nothing_else(void** state) {
  assert_true(state_of(state).read());
  HostSample alone;
  for (std::size_t part = 0; part < StatgrabSource::kPartCount; ++part) {
    const SourcePart& told = state_of(state).statgrab->parts()[part];
    assert_true(static_cast<bool>(state_of(state).statgrab->read_part(part, alone)));
    if (alone.present() != told.tells) fail_msg("%s gives other fields than it tells", told.name.data());
  }
}

void what_the_library_does_not_offer_is_absent(void** state) {
  assert_true(state_of(state).read());
  for (const SampleField field : {SampleField::kMemAvailableBytes, SampleField::kBlocked, SampleField::kCpuIrqTicks,
                                  SampleField::kSwapInBytes, SampleField::kPressureIoSomeUs, SampleField::kNetErrors})
    assert_false(state_of(state).sample.has(field));
}

void waiting_for_io_is_part_of_all_processor_time(void** state) {
  assert_true(state_of(state).read());
  assert_near(state_of(state).sample.value(SampleField::kCpuTotalTicks), 2811 + 3 + 2639 + 205786 + 637, 0, 0);
}

void zombies_count_at_the_second_look(void** state) {
  fake_statgrab.processes.zombie = 4;
  assert_true(state_of(state).read());
  assert_false(state_of(state).sample.has(SampleField::kZombies));
  fake_statgrab.processes.zombie = 3;
  assert_true(state_of(state).read());
  assert_near(state_of(state).sample.value(SampleField::kZombies), 3, 0, 0);
}

void a_disk_that_comes_makes_the_sums_absent_for_a_pass(void** state) {
  assert_true(state_of(state).read());
  fake_statgrab.add_disk("fakediskb", 1, 1);
  assert_true(state_of(state).read());
  assert_false(state_of(state).sample.has(SampleField::kDiskReadBytes));
  assert_true(state_of(state).read());
  assert_near(state_of(state).sample.value(SampleField::kDiskReadBytes), 3388642.0 * 512 + 1, 0, 0);
}

void loads_that_are_no_numbers_are_refused(void** state) {
  fake_statgrab.load.min5 = std::nan("");
  assert_true(state_of(state).read());
  assert_false(state_of(state).sample.has(SampleField::kLoad1Min));
  assert_false(state_of(state).statgrab->parts()[StatgrabSource::kLoad].ok);
}

void a_library_that_fails_fails_the_read_in_its_own_words(void** state) {
  fake_statgrab.fails = true;
  assert_false(state_of(state).read());
  assert_int_equal(state_of(state).sample.present_count(), 0);
  const SourcePart& part = state_of(state).statgrab->parts()[StatgrabSource::kMemory];
  assert_int_equal(part.error.system_errno, 13);
  assert_true(part.error.context.view().starts_with("libstatgrab: memory: "));
  assert_true(part.error.context.view().ends_with(": the file"));
  assert_int_equal(part.failures, 1);
}

Error make_with_root(const char* path, StandingClock& clock) {
  Result<ProcRoot> root = ProcRoot::make(path);
  if (!root) return root.error();
  const Result<std::unique_ptr<StatgrabSource>> source = StatgrabSource::make(std::move(*root), clock);
  return source ? Error{} : source.error();
}

void a_root_is_refused(void** state) {
  state_of(state).procfs.use("idle/1");
  static std::string path;
  path = state_of(state).procfs.tree.path();
  const Error error = make_with_root(path.c_str(), state_of(state).clock);
  path.clear();
  assert_int_equal(error.code, ErrorCode::kUnsupported);
}

void the_library_is_initialised_once_and_shut_down_with_the_last_session(void** state) {
  assert_int_equal(fake_statgrab.inits, 1);
  {
    const bool opened = static_cast<bool>(StatgrabSession::open());
    assert_true(opened);
  }
  assert_int_equal(fake_statgrab.inits, 1);
  assert_int_equal(fake_statgrab.shutdowns, 0);
  state_of(state).statgrab.reset();
  assert_int_equal(fake_statgrab.shutdowns, 1);
}

void an_initialisation_that_fails_is_an_error_and_is_undone(void** state) {
  state_of(state).statgrab.reset();
  fake_statgrab = FakeStatgrab{};
  fake_statgrab.init_result = SG_ERROR_OPEN;
  const Error error = make_with_root("", state_of(state).clock);
  assert_int_equal(error.code, ErrorCode::kUnavailable);
  assert_true(error.context.view().starts_with("libstatgrab: initialisation: "));
  assert_int_equal(fake_statgrab.shutdowns, 1);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(statgrab_keeps_the_contract, set_up, tear_down),
    cmocka_unit_test_setup_teardown(procfs_keeps_the_contract, set_up, tear_down),
    cmocka_unit_test_setup_teardown(every_part_is_well_and_named_after_the_library, set_up, tear_down),
    cmocka_unit_test_setup_teardown(each_part_alone_gives_what_it_tells_and_nothing_else, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_the_library_does_not_offer_is_absent, set_up, tear_down),
    cmocka_unit_test_setup_teardown(waiting_for_io_is_part_of_all_processor_time, set_up, tear_down),
    cmocka_unit_test_setup_teardown(zombies_count_at_the_second_look, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_disk_that_comes_makes_the_sums_absent_for_a_pass, set_up, tear_down),
    cmocka_unit_test_setup_teardown(loads_that_are_no_numbers_are_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_library_that_fails_fails_the_read_in_its_own_words, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_root_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_library_is_initialised_once_and_shut_down_with_the_last_session, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(an_initialisation_that_fails_is_an_error_and_is_undone, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
