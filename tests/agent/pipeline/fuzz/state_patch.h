#pragma once
// A state that something was learned in, changed in a few places as the input says: bytes alone would hardly ever get
// behind the headers of the records.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "tests/support/fuzz_source.h"

namespace epsilond::fuzz {

// The input: a word that is even where patches of `state` follow, four bytes of place and eight of a value each; odd,
// where the rest of the input is the state itself. True if something was changed.
inline bool take_state(tests::FuzzSource& source, std::vector<std::byte>& state) {
  constexpr int kMostPatches = 64;
  if (source.below(2) == 1) {
    const std::span<const char> rest(source.rest().data(), source.rest().size());
    const std::span<const std::byte> bytes = std::as_bytes(rest);
    state.assign(bytes.begin(), bytes.end());
    return true;
  }
  bool changed = false;
  for (int patch = 0; patch < kMostPatches && !source.empty(); ++patch) {
    std::uint32_t place = 0;
    std::uint64_t value = 0;
    source.number(place);
    source.number(value);
    std::memcpy(state.data() + place % (state.size() - sizeof value + 1), &value, sizeof value);
    changed = true;
  }
  return changed;
}

}  // namespace epsilond::fuzz
