#include "platform/emit/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace epsilond::platform {
namespace {

constexpr double kWholeLimit = 1e15;  // below it every whole number is exact in a double and at most 16 characters

using Buffer = std::array<char, 32>;

std::string_view text_of(Buffer& buffer, std::int64_t value) {
  const std::to_chars_result result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data())};
}

// Not std::to_chars: its tables for floating point would be a tenth of the agent. No program of ours sets a locale.
std::string_view text_of(Buffer& buffer, double value, int digits) {
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.*g", digits, value);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

// "7.9e+09" says no more than "7.9e9", and a datagram is small.
void put_short_exponent(TextWriter& out, std::string_view text) {
  const std::size_t e = text.find('e');
  if (e == std::string_view::npos) {
    out.put(text);
    return;
  }
  out.put(text.substr(0, e + 1));
  std::string_view exponent = text.substr(e + 1);
  if (exponent.front() == '-') out.put('-');
  exponent.remove_prefix(1);  // %g always writes a sign
  while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
  out.put(exponent);
}

}  // namespace

void put_number(TextWriter& out, double value, int digits) {
  if (!std::isfinite(value)) return;
  Buffer buffer;
  if (std::trunc(value) == value && std::fabs(value) < kWholeLimit)
    out.put(text_of(buffer, static_cast<std::int64_t>(value)));
  else
    put_short_exponent(out, text_of(buffer, value, digits));
}

void put_integer(TextWriter& out, std::int64_t value) {
  Buffer buffer;
  out.put(text_of(buffer, value));
}

void put_padded(TextWriter& out, std::int64_t value, std::size_t width, char pad) {
  Buffer buffer;
  const std::string_view digits = text_of(buffer, value);
  for (std::size_t i = digits.size(); i < width; ++i) out.put(pad);
  out.put(digits);
}

}  // namespace epsilond::platform
