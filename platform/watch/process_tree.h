#pragma once
// Finds the processes that descend from a root process, or from all of one name, and sums what they use.

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "platform/fixed_string.h"
#include "platform/kernel/proc/pid_stat.h"
#include "platform/kernel/proc_root.h"
#include "platform/kernel/process_files.h"
#include "platform/result.h"
#include "platform/watch/tree_members.h"
#include "platform/watch/tree_usage.h"

namespace epsilond::platform {

// What a tree hangs from. A process of which both hold is counted once. With neither it is empty, but for list().
struct TreeRoots {
  FixedString<16> comm;   // all processes of this name, exactly; at most 15 bytes, as the kernel cuts names; empty: none
  std::int32_t pid = 0;   // this process; 0: none
  bool itself = true;     // false: `pid` itself is not counted, only what descends from it
};

// A caller that is not root may look at its own processes wholly; of others' it sees all but pss, I/O and, before
// Linux 6.2, descriptors.
//
// Counters. The kernel adds the processor time and the I/O of a child to its parent when the parent waits for it, so the
// sum over living processes keeps both; what that sum had counted already is not counted again. Where the kernel does not
// (the parent ignores SIGCHLD, or ended first), the total keeps what was seen of the child last. What a process had used
// before it came into the tree does not count, unless it began since the last but one pass or was there at the first.
//
// One look at everything:  tree.find(); tree.read(clock.since_boot());  then tree.usage().
// Fixed memory, see memory_bytes(), taken by the constructor and touched as far as there are processes. Holds a reference
// to the root. Not for several threads at once.
class ProcessTree {
 public:
  using CpuClock = std::chrono::nanoseconds (*)();

  // In the tree; those that the kernel lists after these are left out.
  static constexpr std::size_t kMostProcesses = TreeMembers::kMost;
  // Read in each call at least.
  static constexpr std::size_t kLeastPerRead = 8;
  static constexpr std::chrono::nanoseconds kNoDeadline = std::chrono::nanoseconds::max();

  // `cpu_clock` is what deadlines are measured by: thread_cpu_time() of process_table.h.
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
  // In such a pass: this process belongs to the tree, whatever it descends from. One that has ended is none. False if
  // the tree is full: it was left out without a look at it, and so will be all that come yet.
  bool list(std::int32_t pid);

  // Reads the processes of the tree, some 20 us each, in turn until `cpu_clock` reaches `cpu_deadline`; true when all
  // have been read, and usage() is new. `now`: the time since boot, sleep included.
  bool read(std::chrono::nanoseconds now, std::chrono::nanoseconds cpu_deadline = kNoDeadline);
  // Reads the memory of the process whose turn it is, as smaps_rollup tells it (pss, and swap), which costs from 0.05 ms
  // to tens of ms by its size. False if there is none to be read. Without these calls pss and swap are absent; the first
  // sums are there when each process has had its turn once since the tree was empty, later ones with each read().
  // A process of more resident memory than `most_rss_bytes` is not read: then both are absent. One that was in
  // uninterruptible sleep when it was read last is passed over: it keeps what was read before; if that is nothing, both
  // are absent until its next turn. The kernel takes a lock of its memory, which it may hold as long as it sleeps; then
  // nothing but a kill would end our waiting for it.
  bool read_memory(std::uint64_t most_rss_bytes = ~std::uint64_t{0});
  // Each has had its turn, and the next call begins anew.
  bool memory_turn_over() const { return memory_turn_ == 0; }
  // The memory of each process of the tree, whatever it costs.
  void read_all_memory();

  // As of the last complete round of read(); gauges are absent while no process is there (a zombie is none), counters
  // stay. `taken` is the `now` of that round.
  const TreeUsage& usage() const { return usage_; }
  // In the last round something was short, so that somebody could not be read: usage() has nothing at all.
  bool is_unsure() const { return is_unsure_; }
  // Some pass has come to its end: it is known who belongs to the tree.
  bool looked() const { return passes_ > 0; }
  // In the tree, zombies included, as far as they are read.
  std::size_t processes() const { return members_.all().size(); }
  std::span<const TreeMember> members() const { return members_.all(); }
  // More processes belong to the tree than kMostProcesses.
  bool overflowed() const { return members_.overflowed(); }
  // Some process is larger than the `most_rss_bytes` of its turn.
  bool memory_too_large() const { return memory_too_large_; }
  // Some process would not show this for want of permission, in the last round: the sum is absent.
  bool denied(UsageField field) const { return denied_.test(static_cast<std::size_t>(field)); }

  static std::size_t memory_bytes() { return sizeof(ProcessTree) + TreeMembers::memory_bytes(); }

 private:
  void read_member(TreeMember& member);
  bool read_stat(TreeMember& member);
  void read_io(TreeMember& member);
  void check_elder_children();
  bool publish_nothing(std::chrono::nanoseconds now);
  TreeMember* next_turn();
  void measure(TreeMember& member);
  void publish(std::chrono::nanoseconds now);
  void publish_memory();

  const ProcRoot& root_;
  const ProcessFiles files_;
  const CpuClock cpu_clock_;
  const double ticks_per_s_;
  const std::uint64_t page_bytes_;
  TreeRoots roots_;
  TreeMembers members_;
  TreeUsage usage_;
  std::bitset<kUsageFieldCount> denied_;      // by the last round
  std::bitset<kUsageFieldCount> denied_now_;  // by the round under way
  std::int32_t memory_turn_ = 0;  // the pid whose memory was read last
  bool memory_known_ = false;     // each has had its turn
  bool memory_too_large_ = false;
  bool unread_ = false;     // somebody of the pass under way, for want of something
  bool missed_ = false;     // the same of the round under way
  bool is_unsure_ = false;
  std::uint64_t passes_ = 0;
  std::chrono::nanoseconds now_{0};
  // When the last pass and the one before it ended.
  std::chrono::nanoseconds last_pass_{0};
  std::chrono::nanoseconds pass_before_{0};
};

}  // namespace epsilond::platform
