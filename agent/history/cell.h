#pragma once
// One cell of a table: a number, a time, or nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace epsilond::agent {

enum class CellKind : std::uint8_t {
  kNumber,
  kAbsent,    // empty, or "nan" in any case and with any sign
  kInfinite,  // "inf" or "infinity"
  kTooLarge,  // a number beyond kMaxMagnitude
  kText,      // anything else
};

// A value beyond this has no variance in double precision: its square, summed, overflows.
inline constexpr double kMaxMagnitude = 1e150;
// Epoch seconds beyond this (the year 5138) are milliseconds or no time at all.
inline constexpr double kMaxEpochSeconds = 1e11;

// Without the blanks and tabs around it.
std::string_view trimmed(std::string_view text);

// Decimal notation with an optional sign, fraction and exponent; blanks around it are skipped. A number too small for
// a double is 0. `value` is set only for kNumber.
CellKind parse_cell(std::string_view text, double& value);

// At most 40 bytes of `text` for a message, control characters replaced.
std::string printable(std::string_view text);
// "load_1min 'x' is not a number": what is wrong with a feature's cell of this kind (not kNumber, not kAbsent).
std::string complaint(std::string_view name, std::string_view text, CellKind kind);

// Unix time from epoch seconds (a fraction is kept), or from `YYYY-MM-DD HH:MM:SS`, taken as UTC; a `T` in place of the
// blank, a fraction of the second, and `Z` at the end are understood. Nothing when it is neither.
std::optional<double> parse_timestamp(std::string_view text);

// The fast road for the usual short numbers: parses at `text` without looking for the end of the cell, and returns what
// follows the number; null when the number needs parse_cell(). Exact: at most 2^53 as digits, and a power of ten
// that a double holds (Clinger 1990, "How to read floating point numbers accurately", the case without rounding error).
// The text must end with a byte that belongs to no number, such as '\n'.
inline const char* parse_plain_number(const char* text, double& value) {
  // Static: otherwise the table is built on the stack for every number.
  static constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  constexpr std::uint64_t kMaxExact = std::uint64_t{1} << 53U;
  const bool negative = *text == '-';
  if (negative) ++text;
  const char* first = text;
  std::uint64_t digits = 0;
  auto take_digits = [&] {
    for (unsigned digit; (digit = static_cast<unsigned>(*text) - '0') < 10U; ++text) digits = digits * 10U + digit;
  };
  take_digits();
  auto count = text - first;
  std::ptrdiff_t exponent = 0;
  if (*text == '.') {
    const char* fraction = ++text;
    take_digits();
    exponent = fraction - text;
    count -= exponent;
  }
  if (count == 0 || count > 19 || digits > kMaxExact) return nullptr;  // 19 digits always fit 64 bits
  if (*text == 'e' || *text == 'E') {
    ++text;
    const bool negative_exponent = *text == '-';
    if (*text == '-' || *text == '+') ++text;
    const char* first_digit = text;
    unsigned power = 0;
    for (unsigned digit; text - first_digit < 3 && (digit = static_cast<unsigned>(*text) - '0') < 10U; ++text)
      power = power * 10U + digit;
    if (text == first_digit || static_cast<unsigned>(*text) - '0' < 10U) return nullptr;
    exponent += negative_exponent ? -static_cast<std::ptrdiff_t>(power) : static_cast<std::ptrdiff_t>(power);
  }
  if (exponent < -22 || exponent > 22) return nullptr;
  const auto exact = static_cast<double>(digits);
  const double magnitude = exponent < 0 ? exact / kPowersOfTen[static_cast<std::size_t>(-exponent)]
                                        : exact * kPowersOfTen[static_cast<std::size_t>(exponent)];
  value = negative ? -magnitude : magnitude;
  return text;
}

}  // namespace epsilond::agent
