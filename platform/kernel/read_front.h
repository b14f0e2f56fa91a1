#pragma once
// The front of a small file that the kernel writes in one go.

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>

#include "platform/uninterrupted.h"

namespace epsilond::platform {

// The first bytes of `fd`, as many as there is room for: to the end of a line where a read stops at one, which is all
// that the kernel writes, else to the end. Their number, or a negated errno value.
inline std::ptrdiff_t read_front(int fd, std::span<char> buffer) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = uninterrupted(
        [&] { return ::pread(fd, buffer.data() + size, buffer.size() - size, static_cast<off_t>(size)); });
    if (got < 0) return -errno;
    size += static_cast<std::size_t>(got);
    if (got == 0 || buffer[size - 1] == '\n') break;
  }
  return static_cast<std::ptrdiff_t>(size);
}

}  // namespace epsilond::platform
