#pragma once
// What a datagram of an agent says of one model of its host: a reading each interval, or an event.

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "platform/emit/flag.h"
#include "platform/fixed_string.h"

namespace epsilond::platform {

// What became of a piece of text.
enum class ReadFate : std::uint8_t {
  kRead,
  kOther,      // well formed, but of something else: another measurement, another version
  kMalformed,  // breaks its format, or a bound of ours
};

// No number of an agent is larger; beyond it sums over hosts could overflow.
inline constexpr double kLargestTold = 1e200;

// Is a name UTF-8 without control characters, and none that could make a terminal show something else? Up to 256 bytes.
bool is_harmless(std::string_view name);

// A number that was not told is NaN; a text that was not told is empty.
struct HostReport {
  static constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

  FixedString<64> host;  // not empty
  FixedString<32> model;
  FixedString<64> cluster;
  FixedString<64> role;
  FixedString<56> top_feature;
  double log_super_epsilon = kNothing;
  double expected = kNothing;  // of it
  double variance = kNothing;  // of it, 0 or more
  double surprise = kNothing;
  double threshold = kNothing;       // of the surprise
  double learning_ratio = kNothing;  // in [0, 1]
  std::optional<bool> anomalous;
  std::optional<std::uint64_t> sequence;  // counts the datagrams of the host
  std::int64_t time_ns = 0;               // since the Unix epoch, by the clock of the host; 0: not told
};

struct HostEvent {
  FlagEvent event = FlagEvent::kRaised;
  FixedString<64> host;
  FixedString<32> model;        // empty for start and stop
  FixedString<56> top_feature;  // the first of its features
  double log_super_epsilon = HostReport::kNothing;
  double surprise = HostReport::kNothing;
  double threshold = HostReport::kNothing;
  std::int64_t time_ns = 0;  // > 0
};

}  // namespace epsilond::platform
