#pragma once
// The files of a control group, version 2, that say what it has used (Documentation/admin-guide/cgroup-v2.rst).

#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct CgroupCpu {
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
};
// cpu.stat. kMalformed if one of the two is missing or no number, or the text ends inside a line.
Result<CgroupCpu> parse_cgroup_cpu(std::string_view text);

struct CgroupIo {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
};
// Does a device ("8:0") count? One that is made of others would count what they count.
using CountsDevice = bool (*)(const void* context, std::string_view device);
// io.stat, summed over devices; nothing at all is no input and output. A device without figures is left out. kMalformed if
// a figure is no number, a sum does not fit, or the text ends inside a line.
Result<CgroupIo> parse_cgroup_io(std::string_view text, CountsDevice counts, const void* context);

// memory.current, pids.current and their like: one number and a line feed. Absent for anything else.
std::optional<std::uint64_t> parse_cgroup_number(std::string_view text);

}  // namespace epsilond::platform
