#pragma once
// A scenario, run once to count its system calls, and then once for each of them and for each thing that can be the
// matter with it. Link epsilond_system_calls.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "platform/fixed_string.h"
#include "platform/result.h"
#include "tests/support/system_calls.h"

namespace epsilond::tests {

// What came of a scenario.
struct Outcome {
  enum class Kind : std::uint8_t {
    kDone,     // all of it, and rightly
    kRefused,  // it was said that something is missing
    kWrong,    // what must not be
  };
  Kind kind = Kind::kDone;
  std::string text;
};

inline Outcome done() { return {}; }
inline Outcome refused(std::string why) { return {Outcome::Kind::kRefused, std::move(why)}; }
inline Outcome wrong(std::string what) { return {Outcome::Kind::kWrong, std::move(what)}; }
// An error says what failed.
inline Outcome refused(const platform::Error& error) {
  if (error.context.empty()) return wrong("an error without a text");
  return refused(std::string(error.context.view()));
}
template <typename T>
Outcome outcome_of(const platform::Result<T>& result) {
  return result ? done() : refused(result.error());
}

struct Scenario {
  const char* name = "";
  std::function<void()> begin;      // undisturbed: all is as it was
  std::function<Outcome()> act;     // under the fault
  std::function<Outcome()> again;   // undisturbed: what was disturbed works again
  std::function<void()> slow = {};  // what passes while a call takes its time; none: that is not tried
  std::vector<int> also = {};       // further errors of opening and reading files
  bool tells_garbage = true;        // what is read has a form by which garbage is known
  bool tells_an_end = true;         // and by which one is known that comes too early
};

// No destructor: a frame that asserts may hold one.
struct FaultReport {
  std::size_t calls = 0;                 // of the scenario when nothing is the matter
  std::size_t faults = 0;                // that were tried
  std::size_t refused = 0;               // after which it was said that something is missing
  platform::FixedString<400> complaint;  // the first; empty: none
};

// Under each fault the outcome is not wrong, an interruption does not show at all, what was disturbed works again
// afterwards, and no descriptor is lost. Prints what was tried, and each complaint on standard error.
FaultReport try_every_fault(const Scenario& scenario);

}  // namespace epsilond::tests

// For tests, behind cmocka_cpp.h.
#define assert_survived(trial)                                               \
  do {                                                                       \
    const epsilond::tests::FaultReport report = (trial);                     \
    if (!report.complaint.empty()) fail_msg("%s", report.complaint.c_str()); \
    assert_true(report.calls > 0);                                           \
    assert_true(report.faults > report.calls);                               \
  } while (false)
