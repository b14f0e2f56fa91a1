#pragma once
// Says once when a part of the source stops or starts working, and keeps quiet in between.

#include <array>
#include <cstddef>

#include "platform/kernel/host_source.h"

namespace epsilond::agent {

class SourceLog {
 public:
  // Logs every part whose state changed since the last call. Does not allocate.
  void report(const platform::HostSource& source);
  void reset() { failed_ = {}; }

 private:
  static constexpr std::size_t kMaxParts = 64;
  std::array<bool, kMaxParts> failed_{};
};

}  // namespace epsilond::agent
