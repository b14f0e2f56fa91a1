// Numbers and times on any bytes; the fast road must agree with the standard library to the bit.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "agent/history/cell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  double value = 0.0;
  if (epsilond::agent::parse_cell(text, value) == epsilond::agent::CellKind::kNumber &&
      !(std::fabs(value) <= epsilond::agent::kMaxMagnitude))
    std::abort();
  if (const auto time = epsilond::agent::parse_timestamp(text); time && !(std::fabs(*time) < 1e12)) std::abort();
  text += '\n';
  double fast = 0.0;
  if (const char* end = epsilond::agent::parse_plain_number(text.c_str(), fast)) {
    double expected = 0.0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), expected);
    if (error != std::errc() || stop != end || std::memcmp(&fast, &expected, sizeof fast) != 0) std::abort();
  }
  return 0;
}
