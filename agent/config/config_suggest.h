#pragma once
// "did you mean": the closest of the known names to a mistyped one.

#include <cstddef>
#include <span>
#include <string_view>

namespace epsilond::agent {

// Optimal string alignment distance, letters compared without case: an insertion, a deletion, a substitution or a swap
// of neighbours costs 1. Both texts are looked at up to 63 bytes.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The closest candidate, or empty when none is close enough to be worth saying: the distance may be at most a third of
// the length of the text (at least 1), or the text begins exactly one candidate. The first wins a tie.
std::string_view closest(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace epsilond::agent
