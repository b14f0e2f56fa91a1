#pragma once
// What the kernel tells of a process beside its stat file. Each call costs some microseconds: for few processes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "platform/fixed_string.h"
#include "platform/kernel/proc/pid_io.h"
#include "platform/kernel/proc_root.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

using UnitName = FixedString<64>;

// Holds a reference to the root. Nothing here allocates. A process that has ended is told by nothing.
class ProcessFiles {
 public:
  explicit ProcessFiles(const ProcRoot& root);

  // The first bytes of proc/PID/NAME; their number, or a negated errno value.
  std::ptrdiff_t read(std::int32_t pid, const char* name, std::span<char> buffer) const;
  // Nothing where we may not look.
  std::optional<PidIo> io(std::int32_t pid) const;
  // Open descriptors. Since Linux 6.2 the kernel tells everybody; before that they are listed, as far as we may, up to
  // some thousands.
  std::optional<std::uint32_t> descriptors(std::int32_t pid) const;
  // The kernel tells their number without a list.
  bool descriptors_are_cheap() const { return has_sizes_ || !root_.is_procfs(); }
  // The effective user.
  std::optional<std::uint32_t> uid(std::int32_t pid) const;
  // See parse_pid_cgroup(). Long numbers of containers are cut to their first 12 digits, as people write them.
  UnitName unit(std::int32_t pid) const;

 private:
  UniqueFd open(const char* path, int flags) const;
  std::optional<std::uint32_t> list_descriptors(int directory) const;

  const ProcRoot& root_;
  bool has_sizes_;
};

// The processes, as the kernel lists them.
class PidList {
 public:
  explicit PidList(const ProcRoot& root);
  bool is_open() const { return listing_.valid(); }
  // Absent at the end, and where there is no list.
  std::optional<std::int32_t> next();
  // The last next() came to the end of the list; else it broke off.
  bool is_whole() const { return is_whole_; }

 private:
  UniqueFd listing_;
  bool is_whole_ = false;
  std::size_t end_ = 0;
  std::size_t position_ = 0;
  alignas(8) char entries_[4096];
};

}  // namespace epsilond::platform
