#pragma once
// What every text and number that another host told must keep to, whatever it sent.

#include <cmath>
#include <cstdlib>
#include <string_view>

#include "platform/collect/told.h"

namespace epsilond::tests {

inline void require(bool condition) {
  if (!condition) std::abort();
}

inline bool in_bounds(double value) { return std::isnan(value) || std::fabs(value) <= platform::kLargestTold; }

inline bool is_plain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) return false;
  return true;
}

}  // namespace epsilond::tests
