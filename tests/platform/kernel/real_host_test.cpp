// Both sources on the machine the tests run on: loose checks that what is read makes sense, and no fakes.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <utility>

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
  const double total = value(state_of(state).first, SampleField::kMemTotalBytes);
  if (sizeof(long) == 4 && total >= 0x1p32) {
    print_message("a 32-bit program in an emulator is told the memory of this machine modulo 4 GiB\n");
    skip();
  }
  const double pages = static_cast<double>(sysconf(_SC_PHYS_PAGES));
  assert_near(total, pages * static_cast<double>(sysconf(_SC_PAGESIZE)), 0, 1e-6);
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

// Goes on by five seconds each time it is read.
class HastyClock final : public epsilond::platform::Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return since_boot(); }
  std::chrono::nanoseconds since_boot() const override { return now_ += std::chrono::seconds(5); }
  std::chrono::nanoseconds wall() const override { return now_; }
  std::chrono::seconds utc_offset(std::chrono::nanoseconds) const override { return std::chrono::seconds(0); }

 private:
  mutable std::chrono::nanoseconds now_ = std::chrono::hours(1000);
};

// A child that opens many files between two reads of the kernel.
struct Growth {
  HastyClock clock;
  std::unique_ptr<HostSource> source;
  HostSample sample;
  pid_t child = -1;
  std::array<epsilond::platform::GrownProcess, 3> found;
};

constexpr int kOpened = 500;

int open_files(void** state) {
  auto* const made = new Growth;
  *state = made;
  HostSourceOptions options;
  options.cpu_budget = std::chrono::seconds(10);
  Result<std::unique_ptr<HostSource>> source = make_host_source(options, made->clock);
  int ready[2];
  if (!source || !(*source)->read(made->sample) || pipe(ready) != 0) return -1;
  made->source = std::move(*source);
  made->child = fork();
  if (made->child == 0) {
    for (int i = 0; i < kOpened; ++i)
      if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) break;
    close(ready[1]);
    while (true) pause();
  }
  close(ready[1]);
  char nothing = 0;
  const ssize_t end = read(ready[0], &nothing, 1);  // comes when the child has closed its side
  close(ready[0]);
  return end == 0 ? 0 : -1;
}

int close_files(void** state) {
  const auto* const made = static_cast<Growth*>(*state);
  if (made->child > 0) {
    kill(made->child, SIGKILL);
    waitpid(made->child, nullptr, 0);
  }
  delete made;
  return 0;
}

void who_opened_many_files_is_found(void** state) {
  Growth& test = *static_cast<Growth*>(*state);
  assert_true(static_cast<bool>(test.source->read(test.sample)));
  epsilond::platform::ProcessGrowth* const growth = test.source->process_growth();
  assert_non_null(growth);
  assert_true(growth->look());
  assert_true(growth->find(epsilond::platform::GrowthKind::kDescriptors, 0.0, test.found) >= 1);
  assert_int_equal(test.found[0].pid, test.child);
  assert_int_equal(test.found[0].uid, geteuid());
  assert_true(test.found[0].delta >= kOpened);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(memory_in_use_is_what_is_not_available, read_auto, drop),
    cmocka_unit_test_setup_teardown(total_memory_is_that_of_the_c_library, read_auto, drop),
    cmocka_unit_test_setup_teardown(processors_are_those_of_the_c_library, read_auto, drop),
    cmocka_unit_test_setup_teardown(counters_do_not_go_backwards, read_auto, drop),
    cmocka_unit_test_setup_teardown(there_are_at_least_this_process_and_its_thread, read_auto, drop),
    cmocka_unit_test_setup_teardown(the_library_reads_what_the_files_say, read_statgrab, drop),
    cmocka_unit_test_setup_teardown(who_opened_many_files_is_found, open_files, close_files),
};
EPSILOND_TEST_MAIN(kTests)
