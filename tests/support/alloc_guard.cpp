#include "tests/support/alloc_guard.h"

#include <atomic>
#include <cerrno>

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
}

namespace epsilond::tests {

bool allocations_are_counted() { return EPSILOND_ALLOC_GUARD == 1; }
std::size_t allocation_count() { return g_allocations.load(std::memory_order_relaxed); }

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

// A shared C++ library would allocate outside of the wrapped references, so operator new is ours as well.
void* operator new(std::size_t size) {
  if (void* memory = __wrap_malloc(size == 0 ? 1 : size)) return memory;
  __builtin_trap();
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { __builtin_free(memory); }
void operator delete[](void* memory) noexcept { __builtin_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { __builtin_free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { __builtin_free(memory); }
#endif
