#pragma once
// Counts processes by state, by looking at each in turn within a budget of processor time.
//
// A look at one process costs a few microseconds, so a thousand of them each second would cost 1 % of a core. The table
// therefore works in slices: each call goes on where the last one stopped, and counts are published when the end of
// the list is reached. With some 200 processes or fewer one slice usually covers them all.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "platform/kernel/pid_stat_files.h"
#include "platform/kernel/proc_root.h"
#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

class ProcessPast;

// What the last complete pass found. Each is absent until it can be known; the counts by state are absent if one
// process or more could not be looked into.
struct ProcessCounts {
  std::optional<std::uint64_t> processes;  // zombies and kernel threads included
  std::optional<std::uint64_t> blocked;    // in uninterruptible sleep (state D)
  std::optional<std::uint64_t> zombies;    // seen by two passes in a row; absent while the first of the two knew not all
};

// Processor time of the calling thread (CLOCK_THREAD_CPUTIME_ID).
std::chrono::nanoseconds thread_cpu_time();

// Holds a reference to the root. No allocation after construction. Not for several threads at once.
class ProcessTable {
 public:
  using CpuClock = std::chrono::nanoseconds (*)();

  // Each slice looks at least at so many processes, so that it gets round with no budget at all.
  static constexpr std::size_t kLeastPerSlice = 8;
  // Zombies known one by one. Those beyond are recognised by their number only.
  static constexpr std::size_t kKnownZombies = 4096;

  // `cpu_clock` is what budgets are measured by; tests bring their own. `past` (may be null) is told of each process that
  // a pass sees, and must outlive the table.
  explicit ProcessTable(const ProcRoot& root, CpuClock cpu_clock = thread_cpu_time, ProcessPast* past = nullptr);
  ProcessTable(const ProcessTable&) = delete;
  ProcessTable& operator=(const ProcessTable&) = delete;

  // One slice: until the list ends, or until `cpu_clock` reaches `cpu_deadline`. An error says why counts are absent or
  // stale: the list cannot be read, other users' processes are hidden from us (kPermission), or what a process says
  // of itself does not parse. A process that vanishes while being looked at is no error.
  Result<void> scan(std::chrono::nanoseconds cpu_deadline);

  const ProcessCounts& counts() const { return counts_; }

  // Slices that a pass over all processes takes: as many as the last one took, or the one under way if it has taken
  // more; before the end of the first, an estimate. At least 1. A zombie is counted by the second pass that sees it.
  double slices_per_pass() const;
  // Complete passes since construction.
  std::uint64_t passes() const { return passes_; }

 private:
  // A process is the same if it has the same id and start; ids alone are reused. Left uninitialised on purpose: pages
  // of the tables below that no zombie ever needed cost no memory.
  struct Zombie {
    std::int32_t pid;
    std::uint64_t start_ticks;
  };

  // What the pass under way has found so far.
  struct Pass {
    std::uint64_t listed = 0;
    std::uint64_t blocked = 0;
    std::uint64_t zombies = 0;  // may exceed those stored
    std::size_t stored_zombies = 0;
    std::uint64_t denied = 0;
    bool broken = false;    // some could not be looked at, for want of something
    bool saw_init = false;  // process 1, which everybody may see unless processes are hidden
    std::uint64_t slices = 0;
    std::optional<Error> trouble;
  };

  Result<void> refill();
  void look_at(std::int32_t pid);
  void note_zombie(std::int32_t pid, std::uint64_t start_ticks);
  void finish_pass();
  std::uint64_t count_aged_zombies();
  // The number of links of the proc directory is the number of processes plus a constant, which is learned here.
  void learn_link_surplus();
  std::optional<std::uint64_t> links() const;

  const ProcRoot& root_;
  CpuClock cpu_clock_;
  ProcessPast* past_;
  PidStatFiles files_;
  bool links_count_processes_;
  std::optional<std::uint64_t> link_surplus_;

  UniqueFd listing_;
  std::size_t entries_end_ = 0;
  std::size_t entries_position_ = 0;

  Pass pass_;
  std::optional<std::uint64_t> links_at_start_;
  ProcessCounts counts_;
  std::optional<Error> trouble_;  // of the last complete pass
  bool looked_into_all_ = false;  // by the last complete pass: it knows all zombies there were
  std::uint64_t passes_ = 0;
  std::uint64_t last_pass_slices_ = 0;

  std::size_t current_ = 0;  // which of the two tables the pass under way fills
  std::size_t previous_stored_ = 0;
  std::uint64_t previous_zombies_ = 0;
  Zombie zombies_[2][kKnownZombies];
  alignas(8) char entries_[4096];
};

}  // namespace epsilond::platform
