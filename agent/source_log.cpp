#include "agent/source_log.h"

#include <algorithm>

#include "agent/log.h"

namespace epsilond::agent {

void SourceLog::report(const platform::HostSource& source) {
  const auto parts = source.parts();
  for (std::size_t i = 0; i < std::min(parts.size(), kMaxParts); ++i) {
    const platform::SourcePart& part = parts[i];
    if (silent_for_[i] > 0) --silent_for_[i];
    if (part.ok != failed_[i] || silent_for_[i] > 0) continue;
    failed_[i] = !part.ok;
    silent_for_[i] = kReportsBetween;
    const int name_size = static_cast<int>(part.name.size());
    if (part.ok)
      log_line(LogLevel::kInfo, "%.*s: readable again", name_size, part.name.data());
    else
      log_line(LogLevel::kWarning, "%.*s: what it tells is absent: %s", name_size, part.name.data(),
               part.error.context.c_str());
  }
}

}  // namespace epsilond::agent
