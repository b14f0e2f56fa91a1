#include "agent/outputs/schedule.h"

#include <string>

#include "platform/file/text_file.h"
#include "platform/fnv1a.h"

namespace epsilond::agent {

std::chrono::nanoseconds phase_of(std::string_view machine_id, std::string_view host, std::chrono::nanoseconds period) {
  platform::Fnv1a hash;
  hash.add(machine_id);
  hash.add("\xff");  // neither has such a byte
  hash.add(host);
  hash.add("\xff");
  // The high half is mixed best; as a part of the period, so that the same hosts are neighbours whatever the period is.
  const std::uint64_t part = hash.value() >> 32U;
  const double share = static_cast<double>(part) * 0x1p-32;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(share * static_cast<double>(period.count())));
}

std::string machine_id() {
  constexpr std::size_t kMost = 64;
  const platform::Result<std::string> text = platform::read_text_file("/etc/machine-id", kMost);
  return text ? *text : std::string();
}

}  // namespace epsilond::agent
