#include "platform/host/resident.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

// Of the linker: where the program is mapped, and where its code ends.
extern "C" const char __executable_start;
extern "C" const char etext;

namespace epsilond::platform {
namespace {

std::uintptr_t page_size() { return static_cast<std::uintptr_t>(std::max(::sysconf(_SC_PAGESIZE), 1L)); }

// A refusal changes nothing.
void drop(std::uintptr_t begin, std::uintptr_t end) {
  if (begin < end) static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
}

}  // namespace

void give_back(std::span<std::byte> scratch) {
  const std::uintptr_t page = page_size();
  const auto begin = reinterpret_cast<std::uintptr_t>(scratch.data());
  drop((begin + page - 1) / page * page, (begin + scratch.size()) / page * page);
}

void give_back_heap() { static_cast<void>(::malloc_trim(0)); }

bool could_take(std::size_t bytes) {
  void* const room = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return false;
  static_cast<void>(::munmap(room, bytes));
  return true;
}

void give_back_code() {
  const std::uintptr_t page = page_size();
  // Only whole pages of code: none of them was ever written, so all can be read again.
  drop(reinterpret_cast<std::uintptr_t>(&__executable_start) / page * page,
       reinterpret_cast<std::uintptr_t>(&etext) / page * page);
}

}  // namespace epsilond::platform
