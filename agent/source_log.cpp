#include "agent/source_log.h"

#include <algorithm>

#include "agent/log.h"

namespace epsilond::agent {

void SourceLog::report(const platform::HostSource& source) {
  const auto parts = source.parts();
  for (std::size_t i = 0; i < std::min(parts.size(), kMaxParts); ++i) {
    const platform::SourcePart& part = parts[i];
    if (part.ok != failed_[i]) continue;
    failed_[i] = !part.ok;
    const int name_size = static_cast<int>(part.name.size());
    if (part.ok)
      log_line(LogLevel::kInfo, "%.*s: readable again", name_size, part.name.data());
    else
      log_line(LogLevel::kWarning, "%.*s: its features are absent: %s", name_size, part.name.data(),
               part.error.context.c_str());
  }
}

}  // namespace epsilond::agent
