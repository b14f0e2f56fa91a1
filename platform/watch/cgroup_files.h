#pragma once
// One control group: which processes are in it, and what its files say they use.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "platform/fixed_string.h"
#include "platform/kernel/proc_root.h"
#include "platform/unique_fd.h"
#include "platform/watch/service_match.h"
#include "platform/watch/tree_usage.h"

namespace epsilond::platform {

class ProcessTree;

// Version 2 has all files; where version 1 is mounted, alone or beside it, only the list of processes is found, in the
// hierarchy of systemd. Groups below count with it. Holds a reference to the root. Nothing here allocates.
// Where the kernel itself provides the files their descriptors are kept, so that reading one is one system call; a file
// that is not there is looked for as rarely as a KeptFile.
class CgroupFiles {
 public:
  using Path = FixedString<kMostMatchBytes>;
  static constexpr int kMostDepth = 8;         // of groups below whose processes are listed
  static constexpr std::size_t kMostGroups = 64;  // in all

  // `path`: below the mount point, "system.slice/nginx.service"; no "." or "..", no "/" at either end.
  CgroupFiles(const ProcRoot& root, std::string_view path) : root_(root), path_(path), keeps_(root.is_procfs()) {}

  // Is the group there? Looks for it anew where it has been removed since.
  bool open();
  // Tells `tree` of each process, until there are more groups than are looked into, or more processes than the tree
  // holds: what it costs is bounded by these alone. Needs open(). False if there was none, or more groups than that.
  bool list(ProcessTree& tree);
  bool saw_all_groups() const { return saw_all_; }
  // Something was short, so that the last open() does not know whether it is there, or the last list() who is in it.
  bool broke_off() const { return broke_off_; }
  // Sets in `out` what the files say: memory, swap, threads, processor time, bytes read and written; what they do not say
  // is left as it is. Counters go on over a removal of the group and its return. Needs open().
  void read(TreeUsage& out);
  // Which counters read() set last: by UsageField.
  std::uint32_t told() const { return told_; }

 private:
  static constexpr std::size_t kCounters = 4;  // user, system, read, write

  enum FileId : std::uint8_t { kMemory, kSwap, kThreads, kCpu, kIo, kFileCount };
  struct File {
    UniqueFd fd;
    int reads_to_wait = 0;
  };

  std::optional<std::string_view> text(FileId which, std::span<char> buffer);
  std::optional<std::uint64_t> number(FileId which);
  void set_counter(TreeUsage& out, UsageField field, std::size_t counter, std::uint64_t now, double unit);
  void note_shortage();  // as errno has it
  // False: enough has been seen.
  bool list_group(int directory, int depth, ProcessTree& tree);
  bool list_processes(int directory, ProcessTree& tree);

  const ProcRoot& root_;
  const Path path_;
  const bool keeps_;
  UniqueFd directory_;
  std::array<File, kFileCount> files_;  // of this directory
  std::uint64_t inode_ = 0;
  std::size_t groups_ = 0;
  std::size_t listed_ = 0;
  bool saw_all_ = true;
  bool broke_off_ = false;
  std::uint32_t told_ = 0;
  std::array<std::uint64_t, kCounters> last_{};
  std::array<std::uint64_t, kCounters> totals_{};
};

}  // namespace epsilond::platform
