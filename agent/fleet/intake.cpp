#include "agent/fleet/intake.h"

#include <algorithm>

#include "platform/collect/event_json.h"
#include "platform/collect/influx_line.h"

namespace epsilond::agent {

using platform::ReadFate;

bool Intake::admits(bool cut, const platform::SourceAddress& source, std::chrono::nanoseconds monotonic) {
  ++fates_.datagrams;
  const auto holds = [&source](const platform::Network& network) { return network.contains(source); };
  if (!from_.empty() && std::none_of(from_.begin(), from_.end(), holds)) {
    ++fates_.refused;
    return false;
  }
  if (!limiter_.admit(source, monotonic)) {
    ++fates_.rate_limited;
    return false;
  }
  if (cut) ++fates_.oversized;
  return !cut;
}

void Intake::count(ReadFate fate) {
  if (fate == ReadFate::kMalformed) ++fates_.malformed;
  if (fate == ReadFate::kOther) ++fates_.foreign;
}

void Intake::take(std::string_view datagram, bool cut, const platform::SourceAddress& source) {
  const Moment now{clock_.monotonic(), clock_.wall()};
  if (!admits(cut, source, now.monotonic)) return;
  if (datagram.starts_with('{')) {
    platform::HostEvent event;
    const ReadFate fate = platform::read_event_json(datagram, event);
    count(fate);
    if (fate == ReadFate::kRead) book_.take(event, source, now);
    return;
  }
  bool any = false;
  platform::HostReport report;
  while (!datagram.empty()) {
    const std::size_t end = std::min(datagram.find('\n'), datagram.size());
    std::string_view line = datagram.substr(0, end);
    datagram.remove_prefix(std::min(end + 1, datagram.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    any = true;
    const ReadFate fate = platform::read_influx_line(line, report);
    count(fate);
    if (fate == ReadFate::kRead) book_.take(report, source, now);
  }
  if (!any) ++fates_.malformed;
}

}  // namespace epsilond::agent
