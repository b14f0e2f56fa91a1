// Both sources on the machine the tests run on: loose checks that what is read makes sense, and no fakes.

#include <unistd.h>

#include <memory>

#include "platform/kernel/make_host_source.h"
#include "tests/platform/kernel/kernel_test_state.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::HostSample;
using epsilond::platform::HostSource;
using epsilond::platform::HostSourceOptions;
using epsilond::platform::make_host_source;
using epsilond::platform::Result;
using epsilond::platform::SampleField;
using epsilond::platform::SourceChoice;
using epsilond::tests::StandingClock;

namespace {

struct State {
  StandingClock clock;
  HostSample first;
  HostSample second;
  bool ok = false;
};

State read_twice(SourceChoice choice) {
  State state;
  HostSourceOptions options;
  options.choice = choice;
  options.cpu_budget = std::chrono::seconds(10);
  Result<std::unique_ptr<HostSource>> source = make_host_source(options, state.clock);
  state.ok = source && (*source)->read(state.first) && (*source)->read(state.second);
  return state;
}

double value(const HostSample& sample, SampleField field) { return sample.has(field) ? sample.value(field) : -1.0; }

int read_auto(void** state) {
  *state = new State(read_twice(SourceChoice::kAuto));
  return 0;
}
int read_statgrab(void** state) {
  *state = new State(read_twice(SourceChoice::kStatgrab));
  return 0;
}
int drop(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

const State& state_of(void** state) { return *static_cast<State*>(*state); }

void memory_in_use_is_what_is_not_available(void** state) {
  const HostSample& sample = state_of(state).first;
  assert_true(state_of(state).ok);
  assert_true(value(sample, SampleField::kMemAvailableBytes) > 0);
  assert_near(value(sample, SampleField::kMemUsedBytes),
              value(sample, SampleField::kMemTotalBytes) - value(sample, SampleField::kMemAvailableBytes), 0, 0);
}

void total_memory_is_that_of_the_c_library(void** state) {
  const double pages = static_cast<double>(sysconf(_SC_PHYS_PAGES));
  assert_near(value(state_of(state).first, SampleField::kMemTotalBytes),
              pages * static_cast<double>(sysconf(_SC_PAGESIZE)), 0, 1e-6);
}

void processors_are_those_of_the_c_library(void** state) {
  assert_near(value(state_of(state).first, SampleField::kCpuCount), static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN)),
              0, 0);
}

void counters_do_not_go_backwards(void** state) {
  for (const SampleField field :
       {SampleField::kForks, SampleField::kCpuTotalTicks, SampleField::kContextSwitches, SampleField::kPageFaults,
        SampleField::kInterrupts, SampleField::kCpuUserTicks, SampleField::kCpuSystemTicks}) {
    assert_true(state_of(state).first.has(field));
    assert_true(state_of(state).second.value(field) >= state_of(state).first.value(field));
  }
}

void there_are_at_least_this_process_and_its_thread(void** state) {
  const HostSample& sample = state_of(state).second;
  assert_true(value(sample, SampleField::kProcesses) >= 1);
  assert_true(value(sample, SampleField::kThreads) >= 1);
  assert_true(value(sample, SampleField::kRunning) >= 1);
  assert_true(value(sample, SampleField::kZombies) >= 0);
  assert_true(value(sample, SampleField::kOpenFiles) >= 1);
}

void the_library_reads_what_the_files_say(void** state) {
  const HostSample& library = state_of(state).second;
  State files = read_twice(SourceChoice::kProcfs);
  assert_true(state_of(state).ok && files.ok);
  assert_near(value(library, SampleField::kMemTotalBytes), value(files.second, SampleField::kMemTotalBytes), 0, 0);
  assert_near(value(library, SampleField::kLoad1Min), value(files.second, SampleField::kLoad1Min), 1.0, 0.2);
  for (const SampleField field : {SampleField::kCpuTotalTicks, SampleField::kContextSwitches, SampleField::kInterrupts,
                                  SampleField::kDiskReadBytes, SampleField::kNetRxBytes}) {
    if (files.second.has(field)) assert_near(value(library, field), value(files.second, field), 1e6, 0.05);
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(memory_in_use_is_what_is_not_available, read_auto, drop),
    cmocka_unit_test_setup_teardown(total_memory_is_that_of_the_c_library, read_auto, drop),
    cmocka_unit_test_setup_teardown(processors_are_those_of_the_c_library, read_auto, drop),
    cmocka_unit_test_setup_teardown(counters_do_not_go_backwards, read_auto, drop),
    cmocka_unit_test_setup_teardown(there_are_at_least_this_process_and_its_thread, read_auto, drop),
    cmocka_unit_test_setup_teardown(the_library_reads_what_the_files_say, read_statgrab, drop),
};
EPSILOND_TEST_MAIN(kTests)
