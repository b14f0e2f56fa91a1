#pragma once
// What each process had used some seconds ago, gathered by the passes that are made over all processes anyway.

#include <chrono>
#include <cstddef>

#include "platform/kernel/process_files.h"
#include "platform/kernel/process_usage.h"
#include "platform/kernel/process_witness.h"

namespace epsilond::platform {

// Two looks are kept, the newest at most kBetweenLooks and a pass old. No allocation after construction.
class ProcessPast {
 public:
  static constexpr std::chrono::seconds kBetweenLooks{5};
  // A look that is younger may be of the very disturbance that it is to be compared with.
  static constexpr std::chrono::seconds kLeastAge{4};

  explicit ProcessPast(const ProcessFiles& files) : files_(files) {}

  // The time since boot, sleep included: to be told before each slice of a pass.
  void set_time(std::chrono::nanoseconds now) { now_ = now; }
  std::chrono::nanoseconds now() const { return now_; }

  // To be told of all passes too; may be null.
  void set_witness(ProcessWitness* witness) { witness_ = witness; }

  // A pass over all processes: each process that it saw, then its end, or that it was broken off.
  void saw(const PidStat& stat);
  void end_pass();
  void drop_pass();

  // The newest look that is old enough; null where there is none yet.
  const UsageTable* before() const;

 private:
  const UsageTable& newest() const { return looks_[newest_]; }

  const ProcessFiles& files_;
  ProcessWitness* witness_ = nullptr;
  std::chrono::nanoseconds now_{0};
  bool in_pass_ = false;
  bool looking_ = false;  // this pass is remembered
  std::size_t newest_ = 0;
  UsageTable looks_[2];
};

}  // namespace epsilond::platform
