#pragma once
// The one line that a client of the control socket sends (docs/control-protocol.md).

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/pipeline/commanded_mute.h"
#include "platform/result.h"

namespace epsilond::agent {

enum class RequestKind : std::uint8_t { kStatus, kExplain, kFeatures, kHistory, kMute, kUnmute, kRelearn };

inline constexpr std::size_t kMaxRequestBytes = 4095;  // without the line end

struct Request {
  RequestKind kind = RequestKind::kStatus;
  std::uint32_t number =
      0;  // kMute: seconds, 1 .. CommandedMute::kLongestS; kHistory: the newest so many rows, 0 = all
  // What follows, blanks at both ends taken away: the reason of kMute, the words of the others.
  std::string_view rest;
};

// `line`: any bytes, without a line end (a carriage return at its end is forgiven). The result points into it. Errors:
// kTooLarge, kMalformed (control characters), kInvalid (what is not understood, and what there is).
platform::Result<Request> parse_request(std::string_view line);

// Takes the first word off `rest`; empty when there is none left.
std::string_view next_word(std::string_view& rest);

}  // namespace epsilond::agent
