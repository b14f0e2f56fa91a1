#pragma once
// What the harnesses share.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace epsilond::tests {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A promise of the code under test that does not hold ends the run as a crash does.
inline void promise(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace epsilond::tests
