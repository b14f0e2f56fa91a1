#pragma once
// proc_mounts(5): how a proc directory is mounted, and what is mounted over files in it.

#include <string_view>
#include <vector>

namespace epsilond::platform {

// Views into the parsed text.
struct ProcMount {
  bool found = false;
  std::string_view hidepid;     // "1", "invisible", ...; empty: everybody sees every process
  std::string_view gid;         // the group that sees them all the same; empty: none but root
  bool only_processes = false;  // subset=pid: no file about the whole machine

  struct StandIn {
    std::string_view path;  // relative to the proc directory, "meminfo"
    std::string_view type;  // of the file system that stands there, "fuse.lxcfs"
  };
  std::vector<StandIn> stand_ins;
};

// The last mount at `mount_point` is the one that is seen. Lines that make no sense are passed over. A mount point with
// a blank in it is not found: the kernel writes it with escapes.
ProcMount parse_proc_mount(std::string_view mounts, std::string_view mount_point);

}  // namespace epsilond::platform
