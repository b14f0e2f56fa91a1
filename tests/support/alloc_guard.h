#pragma once
// Counts heap allocations of the whole program, operator new and malloc alike. Link epsilond_alloc_guard.

#include <cstddef>

namespace epsilond::tests {

// False under a sanitizer, which owns the allocator: then the counts stay 0 and a test must skip.
bool allocations_are_counted();
// Calls of malloc, calloc, realloc, aligned_alloc, posix_memalign and everything built on them since the program began.
std::size_t allocation_count();
// Bytes that operator new was asked for and that were not given back.
std::size_t held_bytes();

}  // namespace epsilond::tests
