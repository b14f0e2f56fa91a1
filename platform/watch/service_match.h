#pragma once
// How the processes of a service are recognised.

#include <cstddef>
#include <cstdint>
#include <string>

namespace epsilond::platform {

enum class MatchKind : std::uint8_t {
  kComm,     // all processes of this name, and what descends from them
  kCgroup,   // the processes of a control group, by its files as far as there are any
  kPidFile,  // the process whose number a file holds, and what descends from it
};

struct ServiceMatch {
  MatchKind kind = MatchKind::kComm;
  std::string text;  // the name, the path below the mount point of control groups, or the path of the file

  bool operator==(const ServiceMatch&) const = default;
};

inline constexpr std::size_t kMostCommBytes = 15;     // the kernel cuts longer names
inline constexpr std::size_t kMostMatchBytes = 200;   // of the two paths

}  // namespace epsilond::platform
