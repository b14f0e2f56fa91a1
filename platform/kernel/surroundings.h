#pragma once
// What kind of place we run in, as far as it changes what the kernel's files tell: a container, its limits, a proc
// directory that hides something. For an operator's question, not for the agent: it allocates.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/kernel/proc_root.h"

namespace epsilond::platform {

struct Surroundings {
  // A file that something else than the kernel provides: lxcfs, or a runtime that masks it.
  struct StandIn {
    std::string path;  // relative to the proc directory, "meminfo"
    std::string type;  // "fuse.lxcfs"
  };
  struct Limit {
    double value = 0.0;
    std::string file;  // where it stands
  };

  std::string container;       // "docker", "lxc", "podman", ...; "container" of an unknown kind; empty: none is seen
  std::string container_sign;  // what says so, "/run/systemd/container"
  bool first_pid_namespace = false;  // all processes of the machine are ours to see

  std::string hidepid;  // the option of the mount; empty: everybody sees every process
  std::string hidepid_gid;
  bool only_processes = false;  // proc is mounted with subset=pid
  std::vector<StandIn> stand_ins;

  std::optional<Limit> processors;    // that the control group may use; absent: all
  std::optional<Limit> memory_bytes;  // absent: all
};

// `root` as for ProcRoot::make(); `pid`: through whose eyes mounts are seen, if we may; 0 for our own. In a container
// with processes of its own the limits of its control group and those above count, elsewhere those of the topmost group
// only. What cannot be read is taken for absent.
Surroundings look_around(const ProcRoot& proc, const std::string& root, std::int32_t pid);

// The value of NAME= among texts that end in a zero byte, as in PID/environ; empty where there is none.
std::string_view value_in(std::string_view environment, std::string_view name);
// "200000 100000" of cpu.max is 2 processors; nothing for "max" and for what makes no sense.
std::optional<double> parse_cpu_max(std::string_view text);
// "2147483648"; nothing for "max" and for what makes no sense.
std::optional<double> parse_memory_max(std::string_view text);

}  // namespace epsilond::platform
