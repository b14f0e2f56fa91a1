// Any bytes as a JSON event: refused, or read as something that keeps to its bounds and can be written again.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/collect/event_json.h"
#include "platform/emit/flag_format.h"
#include "tests/platform/collect/fuzz/told_fuzz.h"

using namespace epsilond::platform;
using namespace epsilond::tests;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  HostEvent event;
  if (read_event_json({reinterpret_cast<const char*>(data), size}, event) != ReadFate::kRead) return 0;
  require(!event.host.empty() && event.time_ns > 0);
  require(is_plain(event.host) && is_plain(event.model) && is_plain(event.top_feature));
  require(in_bounds(event.surprise) && in_bounds(event.log_super_epsilon) && in_bounds(event.threshold));
  Flag flag;
  flag.event = event.event;
  flag.host = event.host;
  flag.wall = std::chrono::nanoseconds(event.time_ns);
  std::array<char, kLargestMaxDatagram> buffer;
  const auto written = render_flag_json(flag, buffer);
  HostEvent again;
  require(static_cast<bool>(written));
  require(read_event_json({buffer.data(), *written}, again) == ReadFate::kRead && again.event == event.event);
  require(again.time_ns / 1000000 == event.time_ns / 1000000);
  return 0;
}
