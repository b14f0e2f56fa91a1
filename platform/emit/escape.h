#pragma once
// Text from the host (process names, host names) made harmless for the format that carries it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/emit/text_writer.h"

namespace epsilond::platform {

// In every form a byte that is not part of a valid UTF-8 sequence becomes U+FFFD. "Control" means U+0000..U+001F,
// U+007F..U+009F, and the line separators and text-direction overrides (U+2028..U+202E, U+2066..U+2069), which could
// make a terminal or a log viewer show something else than what was sent.
enum class Escape : std::uint8_t {
  kJson,     // inside a JSON string: `"` and `\` escaped, control characters as \uXXXX (or \n, \t, ...)
  kSdValue,  // inside an RFC 5424 PARAM-VALUE: `"`, `\` and `]` escaped, control characters removed
  kMessage,  // the free text of a syslog line: control characters become a space
};

// Writes all of `text`, escaped. The writer overflows if it does not fit.
void put_escaped(TextWriter& out, std::string_view text, Escape escape);

// All of `text`, escaped, for programs that may take memory.
std::string escape_text(std::string_view text, Escape escape);

// Writes `text`, escaped, in at most `budget` bytes: whole if it fits, else cut between two characters (never inside
// an escape) and ended by "...". With a budget below three nothing is written. Returns true if `text` went in whole.
bool put_escaped_cut(TextWriter& out, std::string_view text, Escape escape, std::size_t budget);

// Writes one word of printable ASCII without spaces, as RFC 5424 wants its header fields: any other byte becomes `_`,
// at most `limit` bytes, and an empty word becomes the nil value "-".
void put_header_word(TextWriter& out, std::string_view text, std::size_t limit);

}  // namespace epsilond::platform
