#pragma once
// Says once when a part of the source stops or starts working, and keeps quiet in between; of a part that flaps, at most
// once in kReportsBetween reports.

#include <array>
#include <cstddef>

#include "platform/kernel/host_source.h"

namespace epsilond::agent {

class SourceLog {
 public:
  // Logs every part whose state changed since the last call. Does not allocate.
  void report(const platform::HostSource& source);
  void reset() { *this = SourceLog(); }

 private:
  static constexpr std::size_t kMaxParts = 64;
  static constexpr unsigned kReportsBetween = 60;
  std::array<bool, kMaxParts> failed_{};
  std::array<unsigned, kMaxParts> silent_for_{};  // reports
};

}  // namespace epsilond::agent
