#include "platform/kernel/make_host_source.h"

#include <memory>
#include <string>

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
using epsilond::platform::HostSourceOptions;
using epsilond::platform::make_host_source;
using epsilond::platform::Result;
using epsilond::platform::SampleField;
using epsilond::platform::SourceChoice;
using epsilond::platform::SourcePart;
using epsilond::tests::fake_statgrab;
using epsilond::tests::FakeStatgrab;
using epsilond::tests::fixture;
using epsilond::tests::StandingClock;

namespace {

struct State {
  StandingClock clock;
  std::unique_ptr<HostSource> source;
  HostSample sample;
  Error error;

  bool make(SourceChoice choice, const std::string& root) {
    HostSourceOptions options;
    options.choice = choice;
    options.root = root;
    Result<std::unique_ptr<HostSource>> made = make_host_source(options, clock);
    if (!made) {
      error = made.error();
      return false;
    }
    source = std::move(*made);
    return static_cast<bool>(source->read(sample));
  }
  bool make_on_fixture(SourceChoice choice) { return make(choice, fixture("idle/1")); }
  bool make_on_host(SourceChoice choice) { return make(choice, ""); }
  bool make_on_nothing(SourceChoice choice) { return make(choice, "/nonexistent/root"); }
};

int set_up(void** state) {
  fake_statgrab = FakeStatgrab{};
  fake_statgrab.load = {123.456789, 2.0, 3.0, 0};
  *state = new State;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }
double load_of(void** state) { return state_of(state).sample.value(SampleField::kLoad1Min); }

void auto_takes_the_load_of_the_library_on_the_host(void** state) {
  assert_true(state_of(state).make_on_host(SourceChoice::kAuto));
  assert_near(load_of(state), 123.456789, 0, 0);
  assert_true(state_of(state).sample.has(SampleField::kThreads));
  assert_true(state_of(state).source->parts().back().name == "libstatgrab load");
  assert_true(state_of(state).source->parts().back().ok);
}

void auto_does_without_a_library_that_cannot_be_initialised(void** state) {
  fake_statgrab.init_result = SG_ERROR_OPEN;
  assert_true(state_of(state).make_on_host(SourceChoice::kAuto));
  assert_true(load_of(state) < 123.0);
  const SourcePart& part = state_of(state).source->parts().back();
  assert_false(part.ok);
  assert_int_equal(part.failures, 1);
}

void auto_keeps_the_kernels_load_when_the_library_has_none(void** state) {
  fake_statgrab.fails = true;
  assert_true(state_of(state).make_on_host(SourceChoice::kAuto));
  assert_true(state_of(state).sample.has(SampleField::kLoad1Min));
  assert_false(state_of(state).source->parts().back().ok);
}

void auto_with_a_root_reads_that_root_alone(void** state) {
  assert_true(state_of(state).make_on_fixture(SourceChoice::kAuto));
  assert_near(load_of(state), 0.21, 0, 0);
  assert_int_equal(fake_statgrab.inits, 0);
}

void procfs_never_touches_the_library(void** state) {
  assert_true(state_of(state).make_on_host(SourceChoice::kProcfs));
  assert_int_equal(fake_statgrab.inits, 0);
  assert_true(load_of(state) < 123.0);
}

void statgrab_reads_the_host(void** state) {
  assert_true(state_of(state).make_on_host(SourceChoice::kStatgrab));
  assert_near(load_of(state), 123.456789, 0, 0);
  assert_false(state_of(state).sample.has(SampleField::kThreads));
}

void statgrab_with_a_root_is_unsupported_and_says_what_to_do(void** state) {
  assert_false(state_of(state).make_on_fixture(SourceChoice::kStatgrab));
  assert_int_equal(state_of(state).error.code, ErrorCode::kUnsupported);
  assert_string_equal(state_of(state).error.context.c_str(),
                      "libstatgrab reads this host only; use source procfs for a root");
}

void a_root_that_is_not_there_is_an_error(void** state) {
  assert_false(state_of(state).make_on_nothing(SourceChoice::kAuto));
  assert_int_equal(state_of(state).error.code, ErrorCode::kNotFound);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(auto_takes_the_load_of_the_library_on_the_host, set_up, tear_down),
    cmocka_unit_test_setup_teardown(auto_does_without_a_library_that_cannot_be_initialised, set_up, tear_down),
    cmocka_unit_test_setup_teardown(auto_keeps_the_kernels_load_when_the_library_has_none, set_up, tear_down),
    cmocka_unit_test_setup_teardown(auto_with_a_root_reads_that_root_alone, set_up, tear_down),
    cmocka_unit_test_setup_teardown(procfs_never_touches_the_library, set_up, tear_down),
    cmocka_unit_test_setup_teardown(statgrab_reads_the_host, set_up, tear_down),
    cmocka_unit_test_setup_teardown(statgrab_with_a_root_is_unsupported_and_says_what_to_do, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_root_that_is_not_there_is_an_error, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
