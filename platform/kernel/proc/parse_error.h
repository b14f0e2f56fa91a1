#pragma once
// The errors that every parser of a kernel file can meet, worded alike: "meminfo: MemTotal missing".

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

// Refuses an empty text, and one whose last line lacks its line feed: a number cut in half would still be a number.
Result<void> require_whole_lines(const char* file, std::string_view text);

Error missing_key(const char* file, std::string_view key);
// `text` is quoted: cut, and with unprintable characters replaced.
Error bad_value(const char* file, std::string_view key, std::string_view text);
Error sum_overflow(const char* file);

// sum += value * factor. False, with `sum` untouched, if that does not fit.
bool add_product(std::uint64_t& sum, std::uint64_t value, std::uint64_t factor = 1);

}  // namespace epsilond::platform
