#pragma once
// One service: how its processes are recognised, and what they use.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/kernel/proc/pid_stat.h"
#include "platform/kernel/proc_root.h"
#include "platform/result.h"
#include "platform/watch/cgroup_files.h"
#include "platform/watch/process_tree.h"
#include "platform/watch/service_match.h"
#include "platform/watch/tree_usage.h"

namespace epsilond::platform {

// Holds a reference to the root. Fixed memory after construction, see memory_bytes(). Not for several threads at once.
class ServiceReader {
 public:
  // `prefix` stands before the path of a pid file: the directory that `root` was made of.
  ServiceReader(const ProcRoot& root, const ServiceMatch& match, std::string_view prefix,
                ProcessTree::CpuClock cpu_clock);

  // Does it learn from passes over all processes? To be told then, as ProcessTree is; else find() makes one.
  bool needs_passes() const { return kind_ != MatchKind::kCgroup; }
  void saw(const PidStat& stat) { tree_.saw(stat); }
  void end_pass() { tree_.end_pass(); }
  void drop_pass() { tree_.drop_pass(); }
  Result<void> find() { return tree_.find(); }

  // As ProcessTree::read(). True: usage() is new.
  bool read(std::chrono::nanoseconds now, std::chrono::nanoseconds cpu_deadline = ProcessTree::kNoDeadline);
  ProcessTree& tree() { return tree_; }
  const ProcessTree& tree() const { return tree_; }

  // Of the last complete round; nothing at all while the service is not there.
  const TreeUsage& usage() const { return usage_; }
  bool is_there() const { return is_there_; }
  // Counters of two usages compare only within one epoch: a service that was away, or whose counters come from elsewhere
  // now, begins another.
  std::uint32_t epoch() const { return epoch_; }
  // Why the pid file says nothing, as of the last read(); kNotFound is a service that does not run.
  const Result<void>& pid_file() const { return pid_file_; }
  // More processes or groups belong to it than are looked at.
  bool overflowed() const { return tree_.overflowed() || !group_.saw_all_groups(); }

  static std::size_t memory_bytes() {
    return sizeof(ServiceReader) - sizeof(ProcessTree) + ProcessTree::memory_bytes();
  }

 private:
  void follow_pid_file();

  const MatchKind kind_;
  const std::string path_;  // of the pid file
  ProcessTree tree_;
  CgroupFiles group_;
  TreeUsage usage_;
  Result<void> pid_file_;
  std::uint32_t epoch_ = 0;
  std::uint32_t told_by_group_ = 0;
  bool in_round_ = false;
  bool is_there_ = false;
};

}  // namespace epsilond::platform
