#pragma once
// Memory that is needed now and then, but not between: given back to the kernel until it is needed again.

#include <cstddef>
#include <span>

namespace epsilond::platform {

// The whole pages inside `scratch` lose what they hold and take no memory until they are written again.
void give_back(std::span<std::byte> scratch);

// The program's own code leaves our resident memory; what runs again comes back from the page cache, some pages at a
// time. Worth it after something rare: starting takes three times the code of a tick.
void give_back_code();

// What was freed, wherever in the heap it lies; the C library keeps it for the next who asks. Worth it after something
// that took much more than what stays: restoring a state takes the whole file.
void give_back_heap();

// True if the system would let us have so much more memory now. For who cannot be refused any half-way through.
bool could_take(std::size_t bytes);

}  // namespace epsilond::platform
