#pragma once
// Finds the processes that descend from a root process, or from all of one name, and sums what they use.

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "platform/fixed_string.h"
#include "platform/kernel/proc/pid_stat.h"
#include "platform/kernel/proc_root.h"
#include "platform/kernel/process_files.h"
#include "platform/result.h"
#include "platform/watch/tree_usage.h"

namespace epsilond::platform {

// What a tree hangs from. A process of which both hold is counted once.
struct TreeRoots {
  FixedString<16> comm;   // all processes of this name, exactly; at most 15 bytes, as the kernel cuts names; empty: none
  std::int32_t pid = 0;   // this process; 0: none
  bool itself = true;     // false: `pid` itself is not counted, only what descends from it
};

// A caller that is not root may look at its own processes wholly; of others' it sees all but pss, I/O and, before
// Linux 6.2, descriptors.
//
// Counters. The kernel adds the processor time and the I/O of a child to its parent when the parent waits for it, so the
// sum over living processes keeps both. Where it does not (the parent ignores SIGCHLD, or ended first), the total keeps
// what was seen of the child last. What a process had used before it came into the tree does not count, unless it began
// since the look before or was there at the first look.
//
// One look at everything:  tree.find(); tree.read(clock.since_boot());  then tree.usage().
// Fixed memory: about 50 kB, taken by the constructor. Holds a reference to the root. Not for several threads at once.
class ProcessTree {
 public:
  using CpuClock = std::chrono::nanoseconds (*)();

  static constexpr std::size_t kMostProcesses = 512;  // in the tree; those that the kernel lists after these are left out
  static constexpr std::chrono::nanoseconds kNoDeadline = std::chrono::nanoseconds::max();

  // `cpu_clock` is what deadlines are measured by.
  ProcessTree(const ProcRoot& root, const TreeRoots& roots, CpuClock cpu_clock);
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;

  // Changes what the tree hangs from; counters go on from where they are.
  void set_roots(const TreeRoots& roots) { roots_ = roots; }

  // One pass over all processes of the machine, to learn who belongs to the tree: some 4 to 9 us for each of them.
  Result<void> find();
  // The same by a pass that somebody else makes: each process that it saw, then its end, or that it was broken off.
  void saw(const PidStat& stat);
  void end_pass();
  void drop_pass();

  // Reads the processes of the tree, some 20 us each, in turn until `cpu_clock` reaches `cpu_deadline`; true when all
  // have been read, and usage() is new. At least eight are read in each call. `now`: the time since boot, sleep included.
  bool read(std::chrono::nanoseconds now, std::chrono::nanoseconds cpu_deadline = kNoDeadline);
  // Reads memory as smaps_rollup tells it (pss, and the swap of pages not shared), which costs some 0.1 ms to tens of ms
  // a process by its size: for the one that was read longest ago. False if there is none to be read. Without these calls
  // pss and swap are absent. The first sums are there when each process has been read once.
  bool read_memory();

  // As of the last complete round of read(); gauges are absent while no process is there, counters stay.
  const TreeUsage& usage() const { return usage_; }
  std::size_t processes() const;
  // More processes belong to the tree than are read.
  bool overflowed() const;
  // Something of a process could not be read for want of permission: the sum of this field is absent. Until a later
  // round can read it of all.
  bool denied(UsageField field) const { return denied_.test(static_cast<std::size_t>(field)); }

 private:
  const ProcRoot& root_;
  TreeRoots roots_;
  CpuClock cpu_clock_;
  TreeUsage usage_;
  std::bitset<kUsageFieldCount> denied_;
};

}  // namespace epsilond::platform
