#pragma once
// The reader of the JSON events that agents send: docs/flag-format.md, written by platform/emit/flag_json.cpp.

#include <string_view>

#include "platform/collect/told.h"

namespace epsilond::platform {

// Reads one object of RFC 8259 and nothing behind it but blanks; `event` is whole only with kRead. Keys that are not
// known are skipped, whatever is in them. kOther: another version of the format, or an event that is not known.
// kMalformed: no JSON, deeper than 8, a key that is known twice or with a value of the wrong type, no host or time, a
// text beyond its bound or that is not is_harmless().
ReadFate read_event_json(std::string_view text, HostEvent& event);

// "2026-11-21T22:48:01.123Z" in nanoseconds since the Unix epoch; 0 for anything else, and before 1970.
std::int64_t parse_utc_time(std::string_view text);

}  // namespace epsilond::platform
