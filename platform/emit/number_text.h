#pragma once
// Numbers as short text, the same in every locale.

#include <cstddef>
#include <cstdint>

#include "platform/emit/text_writer.h"

namespace epsilond::platform {

// The longest text put_number() writes with kSignificantDigits.
inline constexpr std::size_t kMaxNumberText = 16;

// Writes a finite `value`: a whole number below 1e15 in full ("7912345600"), anything else to six significant digits
// ("9.21", "-83.1", "7.91235e9", "1e-7"), or to as many as are wanted, 1 .. 17. Minus zero is 0. A value that is not
// finite writes nothing: the caller says what absence looks like in its format.
inline constexpr int kSignificantDigits = 6;
void put_number(TextWriter& out, double value, int digits = kSignificantDigits);

void put_integer(TextWriter& out, std::int64_t value);

// Writes `value` in at least `width` digits, padded at the left with `pad`. `value` >= 0.
void put_padded(TextWriter& out, std::int64_t value, std::size_t width, char pad);

}  // namespace epsilond::platform
