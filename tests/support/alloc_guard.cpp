#include "tests/support/alloc_guard.h"

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EPSILOND_ALLOC_GUARD 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define EPSILOND_ALLOC_GUARD 0
#endif
#endif
#if !defined(EPSILOND_ALLOC_GUARD)
#define EPSILOND_ALLOC_GUARD 1
#endif

namespace {
std::atomic<std::size_t> g_allocations{0};
std::atomic<std::size_t> g_held{0};
}  // namespace

namespace epsilond::tests {

bool allocations_are_counted() { return EPSILOND_ALLOC_GUARD == 1; }
std::size_t allocation_count() { return g_allocations.load(std::memory_order_relaxed); }
std::size_t held_bytes() { return g_held.load(std::memory_order_relaxed); }

}  // namespace epsilond::tests

#if EPSILOND_ALLOC_GUARD
// The linker's --wrap sends every reference of the linked objects and static archives here; operator new calls malloc.
extern "C" {
void* __real_malloc(std::size_t);
void* __real_calloc(std::size_t, std::size_t);
void* __real_realloc(void*, std::size_t);
void* __real_aligned_alloc(std::size_t, std::size_t);
int __real_posix_memalign(void**, std::size_t, std::size_t);

void* __wrap_malloc(std::size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return __real_malloc(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return __real_calloc(count, size);
}
void* __wrap_realloc(void* old, std::size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return __real_realloc(old, size);
}
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return __real_aligned_alloc(alignment, size);
}
int __wrap_posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return __real_posix_memalign(out, alignment, size);
}
}

namespace {
// The last bytes of a block of operator new hold how many it was asked for.
void* place_of_size(void* block) { return static_cast<char*>(block) + malloc_usable_size(block) - sizeof(std::size_t); }

void give_back(void* block) {
  if (block == nullptr) return;
  std::size_t size = 0;
  std::memcpy(&size, place_of_size(block), sizeof(size));
  g_held.fetch_sub(size, std::memory_order_relaxed);
  __builtin_free(block);
}
}  // namespace

// A shared C++ library would allocate outside of the wrapped references, so operator new is ours as well.
void* operator new(std::size_t size) {
  void* const block = __wrap_malloc(size + sizeof(size));
  if (block == nullptr) __builtin_trap();
  std::memcpy(place_of_size(block), &size, sizeof(size));
  g_held.fetch_add(size, std::memory_order_relaxed);
  return block;
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
#endif
