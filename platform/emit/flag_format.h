#pragma once
// Pure renderings of a Flag into a caller's buffer. The wire formats are described, with examples, in
// docs/flag-format.md; the sizes below are bytes of the whole line or datagram.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/emit/flag.h"
#include "platform/emit/text_writer.h"
#include "platform/result.h"

namespace epsilond::platform {

inline constexpr int kFlagFormatVersion = 1;  // "v" of the JSON form

inline constexpr std::size_t kDefaultMaxDatagram = 480;   // what every RFC 5426 receiver must take over IPv4
inline constexpr std::size_t kLargestMaxDatagram = 2048;  // what one should take
// Any flag fits a JSON datagram of this size, and a syslog datagram of kMinSyslogDatagram, whatever is in it.
inline constexpr std::size_t kMinJsonDatagram = 256;
inline constexpr std::size_t kMinSyslogDatagram = 200;

// "raised", as in the JSON and the structured data.
std::string_view event_name(FlagEvent event);
// "RAISED", the MSGID.
std::string_view event_msgid(FlagEvent event);
// The MESSAGE_ID of the journal: 32 hexadecimal digits, one for each event and the same in every version.
std::string_view event_message_id(FlagEvent event);
// RFC 5424 severity: raised and ongoing 4 (warning) or 2 (critical) when the flag is critical; silent 4; cleared and
// learned 5 (notice); start and stop 6 (info).
int severity_of(const Flag& flag);
// True for the events that belong to an episode or a model and so carry its numbers: all but start, stop and silent.
bool has_numbers(FlagEvent event);

// RFC 3339 in UTC with milliseconds, "2026-11-21T22:48:01.123Z", truncated; any nanosecond count is a valid input.
void put_utc_time(TextWriter& out, std::chrono::nanoseconds wall);

// The event as one JSON object without a line end, in at most `out.size()` bytes, returning the bytes written. The
// keys are those of docs/flag-format.md in their order; a number that is not finite is null. When it does not fit:
//   1. features and processes leave from the end of their lists, each time from the longer list, and from the
//      processes when both are equally long, so that the first feature stays longest;
//   2. then the text is cut between two characters and ends in "...";
//   3. then host, id and model, in this order, become empty strings: a value is sent whole or not at all.
// Error kTooLarge if even that does not fit, which cannot happen from kMinJsonDatagram bytes up.
Result<std::size_t> render_flag_json(const Flag& flag, std::span<char> out);

struct SyslogHeader {
  int facility = 3;               // 0 .. 23; 3 = daemon
  std::int32_t pid = 0;           // of the agent
  std::uint32_t sequence_id = 1;  // RFC 5424 only: 1 .. 2147483647
};

// One RFC 5424 message (the payload of an RFC 5426 datagram) in at most `out.size()` bytes, returning the bytes
// written. The start of the structured data (event, id, model, surprise, logSuperEpsilon, threshold, feature, z) is
// kept; what follows it (duration, process, value, mean, sd, share, feature2 ...) leaves from the end until the text
// fits; then the text is cut between two characters and ends in "..."; only then do kept parameters leave, from z
// backwards, and last the host becomes "-". A parameter is sent whole or not at all. Error kTooLarge below
// kMinSyslogDatagram at the earliest; kInvalid if the facility is out of range.
Result<std::size_t> render_flag_rfc5424(const Flag& flag, const SyslogHeader& header, std::span<char> out);

// The classic line for a local syslog socket, `<28>Nov 21 22:48:01 epsilond[77]: RAISED surprise=9.2 id=... model=...
// text`, with local time: `utc_offset` is added to the flag's time. Cut and refused as the RFC 5424 form is.
Result<std::size_t> render_flag_local_syslog(const Flag& flag, const SyslogHeader& header,
                                             std::chrono::seconds utc_offset, std::span<char> out);

inline constexpr std::size_t kLargestJournalEntry = 8192;  // any flag fits, whatever is in it

// The entry for journald in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one field on a line as
// NAME=VALUE, or, for a value with a line end in it, NAME, a line end, the length as 64 bits little-endian, and the
// value. The fields are those of docs/flag-format.md. MESSAGE is made harmless; every other value is what the host
// said, byte for byte. A value that is empty or not finite has no field. Errors: kTooLarge if it does not fit, which
// cannot happen from kLargestJournalEntry bytes up; kInvalid if the facility is not in 0 .. 23.
Result<std::size_t> render_flag_journal(const Flag& flag, int facility, std::span<char> out);

}  // namespace epsilond::platform
