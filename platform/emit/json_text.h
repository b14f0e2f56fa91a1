#pragma once
// The parts of a JSON object, written into a caller's buffer.

#include <string_view>

#include "platform/emit/text_writer.h"

namespace epsilond::platform {

// `key` is written as it stands, so it brings what is before it and the colon: `,"name":`.
void put_json_text(TextWriter& out, std::string_view key, std::string_view value);
// null for what is not finite.
void put_json_number(TextWriter& out, std::string_view key, double value);

}  // namespace epsilond::platform
