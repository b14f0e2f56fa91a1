#include "tests/support/fault_trial.h"

#include <dirent.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>

namespace epsilond::tests {
namespace {

constexpr std::size_t kMostComplaints = 20;

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const listing = ::opendir("/proc/self/fd");
  if (listing == nullptr) return 0;
  while (::readdir(listing) != nullptr) ++count;
  ::closedir(listing);
  return count;
}

std::vector<Fault> faults_of(const SeenCall& seen, std::size_t at, const Scenario& scenario) {
  std::vector<Fault> faults;
  for (const int error : errors_of(seen.call)) faults.push_back({FaultKind::kError, at, error, nullptr});
  if (is_of_files(seen.call))
    for (const int error : scenario.also) faults.push_back({FaultKind::kError, at, error, nullptr});
  if (is_interruptible(seen.call)) faults.push_back({FaultKind::kError, at, EINTR, nullptr});
  if (!errors_of(seen.call).empty()) faults.push_back({FaultKind::kErrors, at, 0, nullptr});
  if (seen.divisible) {
    faults.push_back({FaultKind::kOneByte, at, 0, nullptr});
    faults.push_back({FaultKind::kHalf, at, 0, nullptr});
  }
  if (takes_bytes(seen.call) && scenario.tells_an_end) faults.push_back({FaultKind::kEnd, at, 0, nullptr});
  if (takes_bytes(seen.call) && scenario.tells_garbage) faults.push_back({FaultKind::kGarbage, at, 0, nullptr});
  if (scenario.slow) faults.push_back({FaultKind::kSlow, at, 0, &scenario.slow});
  if (seen.call == SystemCall::kClockGetTime) {
    faults.push_back({FaultKind::kAhead, at, 0, nullptr});
    faults.push_back({FaultKind::kBehind, at, 0, nullptr});
  }
  return faults;
}

std::string text_of(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kError:
      return std::string("fails: ") + std::strerror(fault.error);
    case FaultKind::kErrors:
      return "and all behind it fail";
    case FaultKind::kOneByte:
      return "moves one byte";
    case FaultKind::kHalf:
      return "moves half";
    case FaultKind::kEnd:
      return "finds the end";
    case FaultKind::kGarbage:
      return "reads garbage";
    case FaultKind::kSlow:
      return "takes its time";
    case FaultKind::kAhead:
      return "is a day ahead";
    case FaultKind::kBehind:
      return "is at its beginning";
  }
  return {};
}

class Trial {
 public:
  explicit Trial(const Scenario& scenario) : scenario_(scenario) {}

  FaultReport run() {
    scenario_.begin();
    begin_watching(nullptr);
    const Outcome first = scenario_.act();
    const std::span<const SeenCall> seen = end_watching();
    const std::vector<SeenCall> calls(seen.begin(), seen.end());
    report_.calls = calls.size();
    if (first.kind != Outcome::Kind::kDone) complain("without a fault", first.text);
    if (const Outcome again = scenario_.again(); again.kind != Outcome::Kind::kDone)
      complain("without a fault, again", again.text);
    descriptors_ = open_descriptors();
    for (std::size_t at = 0; at < calls.size() && complaints_ < kMostComplaints; ++at)
      for (const Fault& fault : faults_of(calls[at], at, scenario_)) try_one(fault, calls[at].call);
    std::printf("faults: %s: %zu calls, %zu faults, of which %zu were told\n", scenario_.name, report_.calls,
                report_.faults, report_.refused);
    return report_;
  }

 private:
  void complain(const std::string& where, const std::string& what) {
    const std::string text = std::string(scenario_.name) + ": " + where + ": " + what;
    std::fprintf(stderr, "%s\n", text.c_str());
    ++complaints_;
    if (report_.complaint.empty()) report_.complaint.assign(text);
  }

  void try_one(const Fault& fault, SystemCall call) {
    const std::string where =
        "call " + std::to_string(fault.at) + ", " + std::string(name_of(call)) + ", " + text_of(fault);
    ++report_.faults;
    scenario_.begin();
    begin_watching(&fault);
    const Outcome outcome = scenario_.act();
    end_watching();
    if (outcome.kind == Outcome::Kind::kWrong) complain(where, outcome.text);
    if (outcome.kind == Outcome::Kind::kRefused) {
      ++report_.refused;
      if (fault.kind == FaultKind::kError && fault.error == EINTR) complain(where, "it shows: " + outcome.text);
    }
    if (const Outcome again = scenario_.again(); again.kind != Outcome::Kind::kDone)
      complain(where, "it does not work again: " + again.text);
    if (const std::size_t now = open_descriptors(); now != descriptors_) {
      complain(where, std::to_string(now) + " descriptors, not " + std::to_string(descriptors_));
      descriptors_ = now;
    }
  }

  const Scenario& scenario_;
  FaultReport report_;
  std::size_t descriptors_ = 0;
  std::size_t complaints_ = 0;
};

}  // namespace

FaultReport try_every_fault(const Scenario& scenario) { return Trial(scenario).run(); }

}  // namespace epsilond::tests
