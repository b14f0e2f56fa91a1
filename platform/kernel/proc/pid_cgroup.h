#pragma once
// The cgroup file of a process (cgroups(7)): lines of HIERARCHY:CONTROLLERS:PATH.

#include <string_view>

namespace epsilond::platform {

// The name of the systemd unit that a process belongs to: the innermost part of the path that ends in ".service" or
// ".scope"; without one the last part, which is how containers outside systemd are called. Of several lines the
// unified one (0::) counts first, then that of systemd (name=systemd), then any. Empty for the root group, and for
// text that makes no sense. A view into `text`.
std::string_view parse_pid_cgroup(std::string_view text);

}  // namespace epsilond::platform
